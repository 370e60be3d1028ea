// Filters by name; those of lists stand in a file of their own.
extension Interpreter {
    func apply(_ filter: Filter, _ value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        switch filter {
        case .tojson: return try json(value, arguments)
        case .default: return try defaulted(value, arguments)
        case .trim, .upper, .lower, .capitalize, .title, .escape, .urlencode, .wordcount, .string, .safe, .center,
            .indent,
            .replace, .truncate, .format:
            return try applyToText(filter, value, arguments)
        case .int, .float, .abs, .round: return try applyToNumber(filter, value, arguments)
        case .length:
            _ = try arguments.bound(to: [], of: "length")
            return .int(try length(of: value))
        case .attr:
            let name = try arguments.bound(to: ["name"], of: "attr", required: 1)[0]!
            let text = try text(of: name)
            let found = try attribute(Attribute(text.string), of: value)
            // Attributes only: what a dictionary holds under the name does not count.
            if case .dict = value, !value.hasMethod(text.string) {
                return .undefined(Undefined(text.string, .member(of: "dict")))
            }
            return found
        default: return try applyToList(filter, value, arguments)
        }
    }

    /// A filter that another filter names.
    func apply(_ name: Value, _ value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        let name = try text(of: name).string
        guard let filter = Filter(rawValue: Filter.aliases[name] ?? name) else {
            throw .failed("no filter named '\(name)'")
        }
        return try apply(filter, value, arguments)
    }

    private func defaulted(_ value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        let given = try arguments.bound(to: ["default_value", "boolean"], of: "default")
        let takesFalse = given[1]?.isTrue ?? false
        return value.isUndefined || (takesFalse && !value.isTrue) ? given[0] ?? .string(.empty) : value
    }

    func length(of value: Value) throws(Problem) -> Int {
        switch value {
        case .undefined: return 0
        case .string(let text):
            try charge(text.count)
            return text.length
        case .list(let items), .tuple(let items), .view(let items, _): return items.values.count
        case .dict(let dictionary): return dictionary.keys.count
        case .range(let range): return range.count
        case .loop(let loop): return loop.items.values.count
        default: throw .failed("object of type '\(value.typeName)' has no len()")
        }
    }

    // MARK: Text

    private func applyToText(_ filter: Filter, _ value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        if filter == .indent, value.text == nil {
            if case .undefined(let undefined) = value { throw undefined.problem }
            throw .failed("indent expects a string, found '\(value.typeName)'")
        }
        if filter == .truncate { return try truncated(value, arguments) }
        if filter == .urlencode, value.isCollection {
            throw .failed("urlencode of a \(value.typeName) is not supported")
        }
        let text = try text(of: value)
        try charge(text.count * 2)
        switch filter {
        case .trim: return .string(try strip(text, arguments, left: true, right: true))
        case .center:
            let given = try arguments.bound(to: ["width"], of: "center")[0] ?? .int(80)
            guard let width = given.integer else { throw .failed("center expects an integer") }
            let missing = max(0, width) - text.length
            return .string(missing > 0 ? try centered(text, missing, width, OriginText(" ", .template)) : text)
        case .indent: return .string(try indented(text, arguments))
        case .replace:
            let given = try arguments.bound(to: ["old", "new", "count"], of: "replace", required: 2)
            let (old, new) = (try self.text(of: given[0]!), try self.text(of: given[1]!))
            let count = given[2].flatMap { $0.isNone ? nil : $0 }
            return .string(try replace(text, old, new, count))
        case .format:
            guard arguments.named.isEmpty || arguments.positional.isEmpty else {
                throw .failed("can't handle positional and keyword arguments at the same time")
            }
            let named = arguments.named.map { (key: Value.string($0.name), value: $0.value) }
            return try formatted(text, named.isEmpty ? try tuple(arguments.positional) : try dictionary(named))
        default:
            _ = try arguments.bound(to: [], of: filter.rawValue)
            return plain(filter, text)
        }
    }

    /// Filters of text without arguments.
    private func plain(_ filter: Filter, _ text: OriginText) -> Value {
        switch filter {
        case .upper: .string(text.uppercased())
        case .lower: .string(text.lowercased())
        case .capitalize: .string(text.capitalized())
        case .title: .string(titled(text))
        case .escape: .string(text.mapRuns(escaped))
        case .urlencode: .string(text.mapRuns(urlEncoded))
        case .wordcount: .int(wordCount(text))
        default: .string(text)
        }
    }

    /// jinja2's own title case: words begin behind blanks, hyphens and opening brackets.
    private func titled(_ text: OriginText) -> OriginText {
        let borders: Set<Unicode.Scalar> = ["-", "(", "{", "[", "<"]
        var result = OriginText.empty
        var start = 0
        while start < text.count {
            func isBorder(_ place: Int) -> Bool {
                let scalar = text.scalar(at: place)
                return scalar.isPythonSpace || borders.contains(scalar)
            }
            let kind = isBorder(start)
            var end = text.offset(after: start)
            while end < text.count, isBorder(end) == kind { end = text.offset(after: end) }
            let head = text.offset(after: start)
            result.append(text.slice(start ..< head).uppercased())
            result.append(text.slice(head ..< end).lowercased())
            start = end
        }
        return result
    }

    private func escaped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "&"): result += "&amp;".utf8
            case UInt8(ascii: "<"): result += "&lt;".utf8
            case UInt8(ascii: ">"): result += "&gt;".utf8
            case UInt8(ascii: "'"): result += "&#39;".utf8
            case UInt8(ascii: "\""): result += "&#34;".utf8
            default: result.append(byte)
            }
        }
        return result
    }

    private func urlEncoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in bytes {
            let isPlain = byte < 0x80 && (Unicode.Scalar(byte).isPythonAlphanumeric || "_.-~/".utf8.contains(byte))
            result += isPlain ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return result
    }

    private func wordCount(_ text: OriginText) -> Int {
        var count = 0
        var isInside = false
        for scalar in text.scalars {
            if scalar.isPythonWord, !isInside { count += 1 }
            isInside = scalar.isPythonWord
        }
        return count
    }

    private func indented(_ text: OriginText, _ arguments: Arguments) throws(Problem) -> OriginText {
        let given = try arguments.bound(to: ["width", "first", "blank"], of: "indent")
        let indention: OriginText
        if let text = given[0]?.text {
            indention = text
        } else {
            guard let width = (given[0] ?? .int(4)).integer else {
                throw .failed("indent expects a number or a string")
            }
            try charge(max(0, width))
            let origin = text.whole
            indention = OriginText(bytes: Array(repeating: UInt8(ascii: " "), count: max(0, width)), origin)
        }
        let indentsBlank = given[2]?.isTrue ?? false
        var ended = text
        ended.append("\n", text.whole)
        let lines = lines(of: ended, keepsEnds: false)
        try step(lines.count)
        let newline = OriginText("\n", text.whole)
        var result = given[1]?.isTrue ?? false ? indention : .empty
        for (place, line) in lines.enumerated() {
            if place > 0 {
                result.append(newline)
                if indentsBlank || !line.isEmpty { result.append(indention) }
            }
            result.append(line)
            if result.count > limits.textBytes { try charge(result.count) }
            try charge(line.count + indention.count)
        }
        return result
    }

    private func truncated(_ value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        let given = try arguments.bound(to: ["length", "killwords", "end", "leeway"], of: "truncate")
        let end =
            try given[2].map { value throws(Problem) in try string(value, "truncate") } ?? OriginText("...", .template)
        let leeway = given[3].flatMap { $0.isNone ? nil : $0 } ?? .int(5)
        guard let length = (given[0] ?? .int(255)).integer, let leeway = leeway.integer else {
            throw .failed("truncate expects integers")
        }
        guard length >= end.length, leeway >= 0 else {
            throw .failed("expected length >= \(end.length) and leeway >= 0")
        }
        if try self.length(of: value) <= Int.saturatingSum(length, leeway) { return value }
        guard let text = value.text else { throw .failed("truncate expects a string, found '\(value.typeName)'") }
        var result = text.slice(0 ..< text.offset(of: length - end.length))
        if !(given[1]?.isTrue ?? false), let space = result.findLast(OriginText(" ", .template)) {
            result = result.slice(0 ..< space)
        }
        result.append(end)
        return .string(result)
    }

    // MARK: Numbers

    private func applyToNumber(_ filter: Filter, _ value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        if case .undefined(let undefined) = value { throw undefined.problem }
        switch filter {
        case .int:
            let given = try arguments.bound(to: ["default", "base"], of: "int")
            let base = (given[1] ?? .int(10)).integer ?? 10
            return try integer(value, base: base) ?? given[0] ?? .int(0)
        case .float:
            let given = try arguments.bound(to: ["default"], of: "float")
            if let number = value.number ?? value.text.flatMap({ pythonFloat($0) }) { return .double(number) }
            return given[0] ?? .double(0)
        case .abs:
            _ = try arguments.bound(to: [], of: "abs")
            if case .double(let number) = value { return .double(number.magnitude) }
            guard let number = value.integer else { throw .failed("bad operand type for abs(): '\(value.typeName)'") }
            return number < 0 ? try negative(value) : .int(number)
        default: return try rounded(value, arguments)
        }
    }

    private func integer(_ value: Value, base: Int) throws(Problem) -> Value? {
        if let number = value.integer { return .int(number) }
        if case .bigInt = value { return value }
        if let text = value.text, let number = try pythonInteger(text, base: base) { return number }
        guard let number = value.number ?? value.text.flatMap({ pythonFloat($0) }) else { return nil }
        guard number.isFinite else {
            if value.text != nil { return nil }
            if number.isNaN { return nil }
            throw .failed("cannot convert float infinity to integer")
        }
        guard let whole = Int(exactly: number.rounded(.towardZero)) else {
            throw .limit("the integer \(PythonNumber.repr(number)) does not fit in 64 bits")
        }
        return .int(whole)
    }

    /// Digits as Python's `int` reads them: with a sign, blanks around them and single underscores between.
    private func pythonInteger(_ text: OriginText, base: Int) throws(Problem) -> Value? {
        guard base == 0 || (2 ... 36).contains(base) else { return nil }
        var digits = text.slice(text.strippedRange(nil)).string.lowercased()[...]
        let sign = digits.first == "-" ? "-" : ""
        if digits.first == "-" || digits.first == "+" { digits.removeFirst() }
        var radix = base
        for (prefix, of) in [("0x", 16), ("0o", 8), ("0b", 2)]
        where digits.hasPrefix(prefix) && (base == of || base == 0) {
            radix = of
            digits = digits.dropFirst(2)
            if digits.first == "_" { digits.removeFirst() }
        }
        if radix == 0 { radix = 10 }
        guard let plain = withoutUnderscores(digits),
            plain.allSatisfy({ ($0.hexDigitValue ?? letterValue($0)) < radix })
        else { return nil }
        if let number = Int(sign + plain, radix: radix) { return .int(number) }
        guard radix == 10 else { throw .limit("the integer \(text.string.prefix(60)) does not fit in 64 bits") }
        let significant = plain.drop { $0 == "0" }
        return .bigInt(sign + significant)
    }

    private func letterValue(_ character: Character) -> Int {
        guard let byte = character.asciiValue, (97 ... 122).contains(byte) else { return .max }
        return Int(byte) - 87
    }

    private func withoutUnderscores(_ digits: Substring) -> String? {
        let parts = digits.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        return parts.joined()
    }

    private func pythonFloat(_ text: OriginText) -> Double? {
        let digits = text.slice(text.strippedRange(nil)).string.lowercased()
        let bare = digits.first == "-" || digits.first == "+" ? String(digits.dropFirst()) : digits
        if ["inf", "infinity", "nan"].contains(bare) { return Double(digits) }
        guard let first = bare.utf8.first, (0x30 ... 0x39).contains(first) || first == 0x2E, !bare.contains("x"),
            !bare.contains("p")
        else { return nil }
        let isGrouped = bare.split(separator: "_", omittingEmptySubsequences: false).allSatisfy {
            $0.first?.isNumber == true && $0.last?.isNumber == true
        }
        if bare.contains("_"), !isGrouped { return nil }
        var plain = digits.filter { $0 != "_" }
        // Swift reads neither "5." nor ".5e3" without a digit on each side.
        plain = plain.replacing(".e", with: ".0e")
        if plain.hasSuffix(".") { plain += "0" }
        if plain == "." || plain == "-." || plain == "+.0" || bare == "." { return nil }
        return Double(plain)
    }

    private func rounded(_ value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        let given = try arguments.bound(to: ["precision", "method"], of: "round")
        let method = try given[1].map { value throws(Problem) in try text(of: value).string } ?? "common"
        guard ["common", "ceil", "floor"].contains(method) else {
            throw .failed("method must be common, ceil or floor")
        }
        guard let precision = (given[0] ?? .int(0)).integer, (-300 ... 300).contains(precision) else {
            throw .failed("round expects an integer from -300 to 300 as precision")
        }
        guard let number = value.number else { throw .failed("type \(value.typeName) doesn't define __round__ method") }
        if method == "common" {
            if let integer = value.integer { return .int(try rounded(integer, precision)) }
            guard number.isFinite else { return value }
            if precision >= 0 { return .double(Double(PythonNumber.fixed(number, precision: precision)) ?? number) }
            let unit = Double("1e\(-precision)") ?? 1
            return .double((number / unit).rounded(.toNearestOrEven) * unit)
        }
        let unit = Double("1e\(precision)") ?? 1
        let scaled = number * unit
        guard scaled.isFinite else { throw .failed("cannot convert float infinity or NaN to integer") }
        let whole = scaled.rounded(method == "ceil" ? .up : .down)
        return .double(whole / unit)
    }

    /// Python rounds integers to tens, hundreds and so on, halves to the even side.
    private func rounded(_ value: Int, _ precision: Int) throws(Problem) -> Int {
        if precision >= 0 { return value }
        guard precision > -18 else { return 0 }
        let unit = (0 ..< -precision).reduce(1) { product, _ in product * 10 }
        let rest = ((value % unit) + unit) % unit
        let (down, underflows) = value.subtractingReportingOverflow(rest)
        let isUp = rest * 2 > unit || (rest * 2 == unit && !(down / unit).isMultiple(of: 2))
        let (result, overflows) = isUp ? down.addingReportingOverflow(unit) : (down, false)
        guard !underflows, !overflows else { throw .limit("the rounded integer does not fit in 64 bits") }
        return result
    }
}
