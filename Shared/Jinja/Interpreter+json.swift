// The filter `tojson`, which transformers defines as Python's `json.dumps`.
extension Interpreter {
    private struct JSONStyle {
        var ensuresASCII = false
        /// What a level is indented by; nil for all on one line.
        var indent: String?
        var itemSeparator = ", "
        var keySeparator = ": "
        var sortsKeys = false
    }

    func json(_ value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        let names = ["ensure_ascii", "indent", "separators", "sort_keys"]
        let given = try arguments.bound(to: names, of: "tojson")
        var style = JSONStyle()
        style.ensuresASCII = given[0]?.isTrue ?? false
        if let indent = given[1], !indent.isNone {
            style.indent = try self.indent(indent)
            style.itemSeparator = ","
        }
        if let separators = given[2], !separators.isNone {
            let parts = try elements(of: separators)
            guard parts.count == 2, let item = parts[0].text, let key = parts[1].text else {
                throw .failed("tojson expects two strings as separators")
            }
            (style.itemSeparator, style.keySeparator) = (item.string, key.string)
        }
        style.sortsKeys = given[3]?.isTrue ?? false
        var writer = PythonWriter()
        try write(value, style, level: 0, to: &writer)
        return .string(writer.text)
    }

    private func indent(_ value: Value) throws(Problem) -> String {
        if let text = value.text { return text.string }
        guard let width = value.integer else { throw .failed("tojson expects a number or a string as indent") }
        try charge(max(0, width))
        return String(repeating: " ", count: max(0, width))
    }

    private func write(
        _ value: Value, _ style: JSONStyle, level: Int, to writer: inout PythonWriter
    ) throws(Problem) {
        try enter()
        defer { leave() }
        try step()
        if writer.bytes.count > limits.textBytes { try charge(writer.bytes.count) }
        switch value {
        case .none: writer.write("null")
        case .bool(let value): writer.write(value ? "true" : "false")
        case .int(let value): writer.write("\(value)")
        case .bigInt(let digits): writer.write(digits)
        case .double(let value): writer.write(jsonNumber(value))
        case .string(let text):
            try charge(text.count)
            writer.writeJSON(text, ensuresASCII: style.ensuresASCII)
        case .list(let items), .tuple(let items): try write(items.values, style, level: level, to: &writer)
        case .dict(let dictionary): try write(dictionary, style, level: level, to: &writer)
        default: throw .failed("Object of type \(value.typeName) is not JSON serializable")
        }
    }

    private func jsonNumber(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return PythonNumber.repr(value)
    }

    private func newLine(_ style: JSONStyle, _ level: Int, _ writer: inout PythonWriter) throws(Problem) {
        guard let indent = style.indent else { return }
        try charge(indent.utf8.count * level)
        writer.write("\n" + String(repeating: indent, count: level))
    }

    private func write(
        _ values: [Value], _ style: JSONStyle, level: Int, to writer: inout PythonWriter
    ) throws(Problem) {
        if values.isEmpty { return writer.write("[]") }
        writer.write("[")
        for (place, value) in values.enumerated() {
            if place > 0 { writer.write(style.itemSeparator) }
            try newLine(style, level + 1, &writer)
            try write(value, style, level: level + 1, to: &writer)
        }
        try newLine(style, level, &writer)
        writer.write("]")
    }

    private func write(
        _ dictionary: Dictionary, _ style: JSONStyle, level: Int, to writer: inout PythonWriter
    ) throws(Problem) {
        if dictionary.keys.isEmpty { return writer.write("{}") }
        var members = zip(dictionary.keys, dictionary.values).map { (key: $0, value: $1) }
        if style.sortsKeys { members = try sorted(members) { (member) in member.key } }
        writer.write("{")
        for (place, member) in members.enumerated() {
            if place > 0 { writer.write(style.itemSeparator) }
            try newLine(style, level + 1, &writer)
            writer.writeJSON(try jsonKey(member.key), ensuresASCII: style.ensuresASCII)
            writer.write(style.keySeparator)
            try write(member.value, style, level: level + 1, to: &writer)
        }
        try newLine(style, level, &writer)
        writer.write("}")
    }

    private func jsonKey(_ key: Value) throws(Problem) -> OriginText {
        switch key {
        case .string(let text): return text
        case .none: return OriginText("null", .template)
        case .bool(let value): return OriginText(value ? "true" : "false", .template)
        case .double(let value): return OriginText(jsonNumber(value), .template)
        case .int, .bigInt: return try text(of: key)
        default: throw .failed("keys must be str, int, float, bool or None, not \(key.typeName)")
        }
    }

    /// Elements in the order of a key; equal ones stay in their order.
    func sorted<Element>(
        _ elements: [Element], reverse: Bool = false, by key: (Element) -> Value
    ) throws(Problem) -> [Element] {
        let keys = elements.map(key)
        var order = Array(elements.indices)
        var problem: Problem?
        try step(elements.count * 8)
        order.sort { left, right in
            guard problem == nil else { return left < right }
            do throws(Problem) {
                if try isLess(keys[left], keys[right]) { return !reverse }
                if try isLess(keys[right], keys[left]) { return reverse }
            } catch {
                problem = error
            }
            return left < right
        }
        if let problem { throw problem }
        return order.map { elements[$0] }
    }
}
