// The two ways of Python to put values into a text: `%` and `str.format`.
extension Interpreter {
    /// One part of a `%` format: `%-5.2f` and the like.
    private struct Conversion {
        var key: OriginText?
        var flags: Set<UInt8> = []
        var width = 0
        var precision: Int?
        var type: UInt8 = 0
    }

    private static let widthMax = 1 << 20

    /// `format % value`.
    func formatted(_ format: OriginText, _ value: Value) throws(Problem) -> Value {
        var result = OriginText.empty
        var values = if case .tuple(let items) = value { items.values[...] } else { [value][...] }
        var usesKeys = false
        var start = 0
        try charge(format.count)
        while let found = format.bytes[start...].firstIndex(of: UInt8(ascii: "%")) {
            result.append(format.slice(start ..< found))
            var place = found + 1
            let conversion = try conversion(format, &place)
            start = place
            if conversion.type == UInt8(ascii: "%") {
                result.append(format.slice(found ..< found + 1))
                continue
            }
            let argument: Value
            if let key = conversion.key {
                usesKeys = true
                guard case .dict(let dictionary) = value else { throw .failed("format requires a mapping") }
                guard let member = dictionary[key] else { throw .failed("KeyError: '\(key.string)'") }
                argument = member
            } else {
                guard let next = values.popFirst() else { throw .failed("not enough arguments for format string") }
                argument = next
            }
            result.append(try convert(argument, conversion))
            try charge(result.count)
        }
        // Python takes everything that has items for a mapping here, but for tuples and strings.
        let isMapping =
            switch value {
            case .dict, .list, .range, .undefined: true
            default: false
            }
        guard values.isEmpty || usesKeys || isMapping else {
            throw .failed("not all arguments converted during string formatting")
        }
        result.append(format.slice(start ..< format.count))
        return .string(result)
    }

    private func conversion(_ format: OriginText, _ place: inout Int) throws(Problem) -> Conversion {
        var conversion = Conversion()
        func current() -> UInt8 { place < format.count ? format.bytes[place] : 0 }
        if current() == UInt8(ascii: "(") {
            guard let end = format.bytes[place...].firstIndex(of: UInt8(ascii: ")")) else {
                throw .failed("incomplete format key")
            }
            conversion.key = format.slice(place + 1 ..< end)
            place = end + 1
        }
        while "-+ #0".utf8.contains(current()) {
            conversion.flags.insert(current())
            place += 1
        }
        func number() throws(Problem) -> Int {
            var number = 0
            while (0x30 ... 0x39).contains(current()) {
                number = number * 10 + Int(current() - 0x30)
                if number > Self.widthMax { throw .limit("a format's width is above \(Self.widthMax)") }
                place += 1
            }
            return number
        }
        conversion.width = try number()
        if current() == UInt8(ascii: ".") {
            place += 1
            conversion.precision = try number()
        }
        guard place < format.count else { throw .failed("incomplete format") }
        conversion.type = current()
        place += 1
        return conversion
    }

    private func convert(_ value: Value, _ conversion: Conversion) throws(Problem) -> OriginText {
        var text: OriginText
        let type = Character(Unicode.Scalar(conversion.type))
        switch type {
        case "s": text = try self.text(of: value)
        case "r", "a": text = try repr(value)
        case "c":
            if let character = value.text, character.length == 1 {
                text = character
            } else if let code = value.integer, let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init) {
                text = OriginText(String(Character(scalar)), .content)
            } else {
                throw .failed("%c requires int or char")
            }
        case "d", "i", "u", "x", "X", "o", "e", "E", "f", "F", "g", "G": text = try number(value, type, conversion)
        default: throw .failed("unsupported format character '\(type)'")
        }
        if let precision = conversion.precision, "sra".contains(type) {
            text = text.slice(0 ..< text.offset(of: precision))
        }
        return try fill(text, conversion, isNumber: !"srac".contains(type))
    }

    private func number(_ value: Value, _ type: Character, _ conversion: Conversion) throws(Problem) -> OriginText {
        if case .undefined(let undefined) = value { throw undefined.problem }
        guard let number = value.number else {
            throw .failed("%\(type) format: a number is required, not \(value.typeName)")
        }
        var digits: String
        if "eEfFgG".contains(type) {
            guard number.isFinite else { return OriginText(PythonNumber.repr(number), .template) }
            digits = PythonNumber.fixed(number, precision: conversion.precision ?? 6, conversion: type)
        } else {
            guard
                let integer = value.integer ?? ("diu".contains(type) ? Int(exactly: number.rounded(.towardZero)) : nil)
            else {
                throw .failed("%\(type) format: an integer is required, not \(value.typeName)")
            }
            let radix = type == "o" ? 8 : type == "x" || type == "X" ? 16 : 10
            digits = String(integer, radix: radix, uppercase: type == "X")
            if let precision = conversion.precision, digits.count < precision {
                let isNegative = digits.hasPrefix("-")
                let bare = digits.drop { $0 == "-" }
                digits = (isNegative ? "-" : "") + String(repeating: "0", count: precision - bare.count) + bare
            }
        }
        if !digits.hasPrefix("-") {
            if conversion.flags.contains(UInt8(ascii: "+")) {
                digits = "+" + digits
            } else if conversion.flags.contains(UInt8(ascii: " ")) {
                digits = " " + digits
            }
        }
        return OriginText(digits, .template)
    }

    private func fill(_ text: OriginText, _ conversion: Conversion, isNumber: Bool) throws(Problem) -> OriginText {
        let missing = conversion.width - text.length
        guard missing > 0 else { return text }
        let space = OriginText(" ", .template)
        if conversion.flags.contains(UInt8(ascii: "-")) { return try padded(text, left: 0, right: missing, space) }
        guard isNumber, conversion.flags.contains(UInt8(ascii: "0")) else {
            return try padded(text, left: missing, right: 0, space)
        }
        let hasSign = [UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: " ")].contains(text.bytes[0])
        var result = text.slice(0 ..< (hasSign ? 1 : 0))
        result.append(
            try padded(text.slice(result.count ..< text.count), left: missing, right: 0, OriginText("0", .template)))
        return result
    }

    // MARK: str.format

    /// `'{} {name} {0[key]} {1.attribute!r}'.format(…)`; of specifications only an empty one.
    func format(_ format: OriginText, _ arguments: Arguments) throws(Problem) -> OriginText {
        var result = OriginText.empty
        var start = 0
        var place = 0
        var nextPosition = 0
        let open = UInt8(ascii: "{"), close = UInt8(ascii: "}")
        while place < format.count {
            let byte = format.bytes[place]
            guard byte == open || byte == close else {
                place += 1
                continue
            }
            if place + 1 < format.count, format.bytes[place + 1] == byte {
                result.append(format.slice(start ..< place + 1))
                place += 2
                start = place
                continue
            }
            guard byte == open else { throw .failed("single '}' encountered in format string") }
            guard let end = format.bytes[place...].firstIndex(of: close) else {
                throw .failed("expected '}' before end of string")
            }
            result.append(format.slice(start ..< place))
            let field = format.slice(place + 1 ..< end).string
            result.append(try self.field(field, arguments, &nextPosition))
            try charge(result.count)
            place = end + 1
            start = place
        }
        result.append(format.slice(start ..< format.count))
        return result
    }

    private func field(_ field: String, _ arguments: Arguments, _ nextPosition: inout Int) throws(Problem) -> OriginText
    {
        var field = field[...]
        var conversion: Character?
        if let colon = field.firstIndex(of: ":") {
            guard field[colon...].count == 1 else {
                throw .failed("the format specification '\(field[colon...].dropFirst())' is not supported")
            }
            field = field[..<colon]
        }
        if let mark = field.firstIndex(of: "!") {
            conversion = field[mark...].dropFirst().first
            field = field[..<mark]
        }
        let head = field.prefix { $0 != "." && $0 != "[" }
        var value = try argument(String(head), arguments, &nextPosition)
        var path = field[head.endIndex...]
        while let kind = path.popFirst() {
            if kind == "." {
                let name = path.prefix { $0 != "." && $0 != "[" }
                path = path[name.endIndex...]
                value = try attribute(Attribute(String(name)), of: value)
            } else {
                let key = path.prefix { $0 != "]" }
                path = path[key.endIndex...].dropFirst()
                value = try item(of: value, Int(key).map { .int($0) } ?? .string(String(key)))
            }
        }
        return conversion == "r" ? try repr(value) : try text(of: value)
    }

    private func argument(
        _ name: String, _ arguments: Arguments, _ nextPosition: inout Int
    ) throws(Problem) -> Value {
        if name.isEmpty || Int(name) != nil {
            let position = Int(name) ?? nextPosition
            if name.isEmpty { nextPosition += 1 }
            guard arguments.positional.indices.contains(position) else {
                throw .failed("replacement index \(position) out of range for positional args tuple")
            }
            return arguments.positional[position]
        }
        guard let value = arguments.named.first(where: { $0.name == name })?.value else {
            throw .failed("KeyError: '\(name)'")
        }
        return value
    }
}
