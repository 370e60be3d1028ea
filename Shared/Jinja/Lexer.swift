/// The parts of a template's text.
enum Token: Equatable {
    /// Text between tags, as it is to be written.
    case data(String)
    case blockBegin, blockEnd, variableBegin, variableEnd
    case name(String)
    case string(String)
    case integer(Int)
    case float(Double)
    case symbol(String)
    case end

    var inWords: String {
        switch self {
        case .data: "text"
        case .blockBegin: "'{%'"
        case .blockEnd: "'%}'"
        case .variableBegin: "'{{'"
        case .variableEnd: "'}}'"
        case .name(let name): "'\(name)'"
        case .string(let text): "the string '\(text.prefix(40))'"
        case .integer(let value): "\(value)"
        case .float(let value): "\(value)"
        case .symbol(let symbol): "'\(symbol)'"
        case .end: "the end of the template"
        }
    }
}

/// Cuts a template into tokens, by the rules of jinja2's lexer with `trim_blocks` and `lstrip_blocks`.
struct Lexer {
    private enum Tag { case raw, comment, block, variable }

    private let source: [UInt8]
    private let name: String
    private var offset = 0
    private var line = 1
    private var counted = 0
    /// Whether what was read last ended with a line break.
    private var isLineStart = true
    private var tokens: [(token: Token, line: Int)] = []

    static func tokens(of text: String, name: String) throws(TemplateError) -> [(token: Token, line: Int)] {
        var lexer = Lexer(text, name)
        while lexer.offset < lexer.source.count { try lexer.readData() }
        lexer.add(.end)
        return lexer.tokens
    }

    private init(_ text: String, _ name: String) {
        var bytes = Self.withPlainLineBreaks(text.utf8)
        if bytes.last == newline { bytes.removeLast() }
        source = bytes
        self.name = name
    }

    private static func withPlainLineBreaks(_ text: some Sequence<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var wasReturn = false
        for byte in text {
            if byte == newline, wasReturn {
                wasReturn = false
                continue
            }
            wasReturn = byte == carriageReturn
            bytes.append(wasReturn ? newline : byte)
        }
        return bytes
    }

    private mutating func add(_ token: Token) { tokens.append((token, currentLine())) }

    private mutating func currentLine() -> Int {
        while counted < offset {
            if source[counted] == newline { line += 1 }
            counted += 1
        }
        return line
    }

    private mutating func failure(_ problem: String) -> TemplateError {
        TemplateError(kind: .syntax, template: name, line: currentLine(), problem: problem)
    }

    // MARK: Text between tags

    private func has(_ text: StaticString, at place: Int) -> Bool {
        let bytes = Array("\(text)".utf8)
        return place + bytes.count <= source.count && source[place ..< place + bytes.count].elementsEqual(bytes)
    }

    private func byte(_ place: Int) -> UInt8 { place < source.count ? source[place] : 0 }

    /// The end of the whitespace that begins at a place.
    private func spaceEnd(_ place: Int) -> Int {
        var place = place
        while place < source.count {
            let byte = source[place]
            if byte < 0x80 {
                guard Unicode.Scalar(byte).isPythonSpace else { break }
                place += 1
            } else {
                let text = OriginText(bytes: Array(source[place ..< min(place + 4, source.count)]), .template)
                guard text.scalar(at: 0).isPythonSpace else { break }
                place += text.offset(after: 0)
            }
        }
        return place
    }

    /// The next opening tag from a place on: where it begins, what it is, where its text goes on.
    private func nextTag(from start: Int) -> (begin: Int, tag: Tag, sign: UInt8, end: Int)? {
        var place = start
        while place + 1 < source.count {
            if source[place] == openBrace {
                let tag: Tag? =
                    switch source[place + 1] {
                    case percent: .block
                    case hash: .comment
                    case openBrace: .variable
                    default: nil
                    }
                if let tag {
                    let hasSign = byte(place + 2) == minus || byte(place + 2) == plus
                    let sign = hasSign ? source[place + 2] : 0
                    let end = place + (hasSign ? 3 : 2)
                    if tag == .block, let raw = rawEnd(end) { return (place, .raw, sign, raw) }
                    return (place, tag, sign, end)
                }
            }
            place += 1
        }
        return nil
    }

    /// Where text goes on behind `raw %}`.
    private func rawEnd(_ place: Int) -> Int? {
        let word = spaceEnd(place)
        guard has("raw", at: word) else { return nil }
        let close = spaceEnd(word + 3)
        if has("-%}", at: close) { return spaceEnd(close + 3) }
        return has("%}", at: close) ? close + 2 : nil
    }

    /// Text before a tag, without the whitespace that the tag takes away.
    private func stripped(_ range: Range<Int>, sign: UInt8, tag: Tag) -> Range<Int> {
        if sign == minus {
            let text = OriginText(bytes: Array(source[range]), .template)
            return range.lowerBound ..< range.lowerBound + text.strippedRange(nil, right: true, left: false).upperBound
        }
        guard sign != plus, tag != .variable else { return range }
        let lineBreak = source[range].lastIndex(of: newline)
        guard lineBreak != nil || isLineStart else { return range }
        let lineBegin = lineBreak.map { $0 + 1 } ?? range.lowerBound
        return spaceEnd(lineBegin) >= range.upperBound ? range.lowerBound ..< lineBegin : range
    }

    private mutating func addData(_ range: Range<Int>) {
        if !range.isEmpty { add(.data(String(decoding: source[range], as: UTF8.self))) }
    }

    private mutating func move(to place: Int) {
        if place > offset { isLineStart = source[place - 1] == newline }
        offset = place
    }

    private mutating func readData() throws(TemplateError) {
        guard let tag = nextTag(from: offset) else {
            addData(offset ..< source.count)
            offset = source.count
            return
        }
        addData(stripped(offset ..< tag.begin, sign: tag.sign, tag: tag.tag))
        offset = tag.begin
        _ = currentLine()
        isLineStart = false
        switch tag.tag {
        case .comment:
            offset = tag.end
            try readComment()
        case .raw:
            move(to: tag.end)
            try readRaw()
        case .block, .variable:
            add(tag.tag == .block ? .blockBegin : .variableBegin)
            offset = tag.end
            try readTag(tag.tag)
        }
    }

    /// Where text goes on behind the closing part of a tag, such as `%}`; nil where none stands.
    private func closing(_ close: StaticString, at place: Int, trimsLine: Bool) -> Int? {
        if byte(place) == minus, has(close, at: place + 1) { return spaceEnd(place + 3) }
        if trimsLine, byte(place) == plus, has(close, at: place + 1) { return place + 3 }
        guard has(close, at: place) else { return nil }
        return trimsLine && byte(place + 2) == newline ? place + 3 : place + 2
    }

    private mutating func readComment() throws(TemplateError) {
        var place = offset
        while place < source.count {
            if let end = closing("#}", at: place, trimsLine: true) { return move(to: end) }
            place += 1
        }
        // As in jinja2, where a tag at the very end is no error.
        if offset < source.count { throw failure("the comment has no '#}'") }
    }

    private mutating func readRaw() throws(TemplateError) {
        var place = offset
        while place + 1 < source.count {
            if has("{%", at: place) {
                let hasSign = byte(place + 2) == minus || byte(place + 2) == plus
                let word = spaceEnd(place + (hasSign ? 3 : 2))
                if has("endraw", at: word), let end = closing("%}", at: spaceEnd(word + 6), trimsLine: true) {
                    let sign = hasSign ? source[place + 2] : 0
                    addData(stripped(offset ..< place, sign: sign, tag: .raw))
                    return move(to: end)
                }
            }
            place += 1
        }
        if offset < source.count { throw failure("the raw block has no '{% endraw %}'") }
    }

    // MARK: Inside tags

    private mutating func readTag(_ tag: Tag) throws(TemplateError) {
        var brackets: [UInt8] = []
        let close: StaticString = tag == .block ? "%}" : "}}"
        while true {
            if brackets.isEmpty, let end = closing(close, at: offset, trimsLine: tag == .block) {
                add(tag == .block ? .blockEnd : .variableEnd)
                return move(to: end)
            }
            let afterSpace = spaceEnd(offset)
            if afterSpace > offset {
                offset = afterSpace
                continue
            }
            guard offset < source.count else {
                throw failure("expected \(tag == .block ? "'%}'" : "'}}'"), found the end of the template")
            }
            try readToken(&brackets)
        }
    }

    private mutating func readToken(_ brackets: inout [UInt8]) throws(TemplateError) {
        let byte = source[offset]
        if isDigit(byte) { return try readNumber() }
        if isNameByte(byte) { return try readName() }
        if byte == quote || byte == apostrophe { return try readString(byte) }
        try readSymbol(&brackets)
    }

    private mutating func readName() throws(TemplateError) {
        var end = offset
        while end < source.count, isNameByte(source[end]) { end += 1 }
        let name = String(decoding: source[offset ..< end], as: UTF8.self)
        let wrong = name.unicodeScalars.enumerated().first { place, scalar in
            !scalar.properties.isXIDContinue || (place == 0 && !scalar.properties.isXIDStart && scalar != "_")
        }
        if let wrong { throw failure("unexpected character '\(wrong.element)'") }
        add(.name(name))
        offset = end
    }

    private mutating func readSymbol(_ brackets: inout [UInt8]) throws(TemplateError) {
        for symbol in ["//", "**", "==", "!=", ">=", "<="] where source[offset...].starts(with: symbol.utf8) {
            add(.symbol(symbol))
            offset += 2
            return
        }
        let byte = source[offset]
        guard let scalar = "+-/*%~[](){}><=.:|,;".unicodeScalars.first(where: { $0.value == UInt32(byte) }) else {
            let text = OriginText(bytes: Array(source[offset ..< min(offset + 4, source.count)]), .template)
            throw failure("unexpected character '\(text.scalar(at: 0))'")
        }
        switch byte {
        case openBrace: brackets.append(closeBrace)
        case openParenthesis: brackets.append(closeParenthesis)
        case openBracket: brackets.append(closeBracket)
        case closeBrace, closeParenthesis, closeBracket:
            guard let expected = brackets.popLast() else { throw failure("unexpected '\(scalar)'") }
            guard expected == byte else {
                throw failure("expected '\(Unicode.Scalar(expected))', found '\(scalar)'")
            }
        default: break
        }
        add(.symbol(String(Character(scalar))))
        offset += 1
    }

    /// The end of digits in which single underscores may stand.
    private func digitsEnd(_ place: Int, _ isDigit: (UInt8) -> Bool) -> Int {
        var place = place
        while isDigit(byte(place)) || (byte(place) == underscore && isDigit(byte(place + 1))) { place += 1 }
        return place
    }

    private mutating func readNumber() throws(TemplateError) {
        if source[offset] == zero,
            let radix = ["x": 16, "o": 8, "b": 2][Character(Unicode.Scalar(byte(offset + 1) | 0x20))]
        {
            let end = digitsEnd(offset + 2) { Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }
            return try addInteger(offset + 2 ..< end, radix: radix, end: end)
        }
        var end = digitsEnd(offset, isDigit)
        var isFloat = false
        let whole = source[offset] == zero ? digitsEnd(offset) { $0 == zero } : end
        if byte(end) == dot, isDigit(byte(end + 1)) {
            isFloat = true
            end = digitsEnd(end + 1, isDigit)
        }
        if byte(end) | 0x20 == UInt8(ascii: "e") {
            let sign = byte(end + 1) == plus || byte(end + 1) == minus ? 1 : 0
            if isDigit(byte(end + 1 + sign)) {
                isFloat = true
                end = digitsEnd(end + 1 + sign, isDigit)
            }
        }
        // Of an integer that begins with zeros Python reads only these.
        guard isFloat else { return try addInteger(offset ..< whole, radix: 10, end: whole) }
        let digits = String(decoding: source[offset ..< end].filter { $0 != underscore }, as: UTF8.self)
        guard let value = Double(digits) else { throw failure("expected a number, found '\(digits)'") }
        add(.float(value))
        offset = end
    }

    private mutating func addInteger(_ range: Range<Int>, radix: Int, end: Int) throws(TemplateError) {
        let digits = String(decoding: source[range].filter { $0 != underscore }, as: UTF8.self)
        guard let value = Int(digits, radix: radix) else {
            throw failure("expected an integer of at most 64 bits, found '\(digits.prefix(60))'")
        }
        add(.integer(value))
        offset = end
    }

    private mutating func readString(_ quote: UInt8) throws(TemplateError) {
        var end = offset + 1
        while end < source.count, source[end] != quote { end += source[end] == backslash ? 2 : 1 }
        guard end < source.count else { throw failure("the string has no closing quote") }
        let text = try unescaped(source[offset + 1 ..< end])
        add(.string(text))
        offset = end + 1
    }

    private mutating func unescaped(_ bytes: ArraySlice<UInt8>) throws(TemplateError) -> String {
        guard bytes.contains(backslash) else { return String(decoding: bytes, as: UTF8.self) }
        var text: [UInt8] = []
        var place = bytes.startIndex
        while place < bytes.endIndex {
            guard bytes[place] == backslash, place + 1 < bytes.endIndex else {
                text.append(bytes[place])
                place += 1
                continue
            }
            let escape = bytes[place + 1]
            place += 2
            if let simple = Self.simpleEscapes[escape] {
                text.append(contentsOf: simple)
            } else if let digits = [UInt8(ascii: "x"): 2, UInt8(ascii: "u"): 4, UInt8(ascii: "U"): 8][escape] {
                try text.append(contentsOf: scalar(bytes[place...].prefix(digits), digits, radix: 16))
                place += digits
            } else if (UInt8(ascii: "0") ... UInt8(ascii: "7")).contains(escape) {
                let octal = bytes[(place - 1)...].prefix(3).prefix {
                    (UInt8(ascii: "0") ... UInt8(ascii: "7")).contains($0)
                }
                try text.append(contentsOf: scalar(octal, octal.count, radix: 8))
                place += octal.count - 1
            } else if escape == UInt8(ascii: "N") {
                throw failure("the escape '\\N' in a string is not supported")
            } else {
                text += [backslash, escape]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static let simpleEscapes: [UInt8: [UInt8]] = [
        backslash: [backslash], quote: [quote], apostrophe: [apostrophe], newline: [], UInt8(ascii: "n"): [10],
        UInt8(ascii: "t"): [9], UInt8(ascii: "r"): [13], UInt8(ascii: "a"): [7], UInt8(ascii: "b"): [8],
        UInt8(ascii: "f"): [12], UInt8(ascii: "v"): [11],
    ]

    private mutating func scalar(
        _ digits: ArraySlice<UInt8>, _ count: Int, radix: Int
    ) throws(TemplateError) -> [UInt8] {
        let text = String(decoding: digits, as: UTF8.self)
        guard digits.count == count, let value = UInt32(text, radix: radix), let scalar = Unicode.Scalar(value) else {
            throw failure("expected the \(count) digits of a character in a string's escape, found '\(text)'")
        }
        return Array(String(Character(scalar)).utf8)
    }
}

private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
private func isNameByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte == underscore || byte >= 0x80
}
private let newline = UInt8(ascii: "\n"), carriageReturn = UInt8(ascii: "\r"), backslash = UInt8(ascii: "\\")
private let openBrace = UInt8(ascii: "{"), closeBrace = UInt8(ascii: "}"), percent = UInt8(ascii: "%")
private let openParenthesis = UInt8(ascii: "("), closeParenthesis = UInt8(ascii: ")")
private let openBracket = UInt8(ascii: "["), closeBracket = UInt8(ascii: "]"), hash = UInt8(ascii: "#")
private let minus = UInt8(ascii: "-"), plus = UInt8(ascii: "+"), underscore = UInt8(ascii: "_")
private let quote = UInt8(ascii: "\""), apostrophe = UInt8(ascii: "'"), zero = UInt8(ascii: "0"),
    dot = UInt8(ascii: ".")
