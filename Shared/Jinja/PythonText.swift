import Foundation

/// Writes values as Python's `str`, `repr` and `json.dumps` do. What is written is content as soon as any of it is.
struct PythonWriter {
    private(set) var bytes: [UInt8] = []
    private var origin = TextOrigin.template

    var text: OriginText { OriginText(bytes: bytes, origin) }

    mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Notes that text of an origin was written.
    mutating func note(_ text: OriginText) { if text.whole == .content { origin = .content } }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    /// `repr` of a string.
    mutating func writeRepr(_ text: OriginText) {
        note(text)
        let hasApostrophe = text.bytes.contains(UInt8(ascii: "'"))
        let quote = hasApostrophe && !text.bytes.contains(UInt8(ascii: "\"")) ? UInt8(ascii: "\"") : UInt8(ascii: "'")
        append(quote)
        for scalar in text.scalars {
            switch scalar {
            case "\n": write("\\n")
            case "\r": write("\\r")
            case "\t": write("\\t")
            case "\\": write("\\\\")
            default:
                if scalar.value == UInt32(quote) {
                    write("\\")
                    append(quote)
                } else if scalar.isPythonPrintable {
                    bytes.append(contentsOf: UTF8.encode(scalar)!)
                } else {
                    writeEscape(scalar)
                }
            }
        }
        append(quote)
    }

    private mutating func writeEscape(_ scalar: Unicode.Scalar) {
        switch scalar.value {
        case ..<0x100: write("\\x" + hexadecimal(scalar.value, 2))
        case ..<0x10000: write("\\u" + hexadecimal(scalar.value, 4))
        default: write("\\U" + hexadecimal(scalar.value, 8))
        }
    }

    /// A string as JSON has it.
    mutating func writeJSON(_ text: OriginText, ensuresASCII: Bool) {
        note(text)
        append(UInt8(ascii: "\""))
        if ensuresASCII {
            for unit in text.string.utf16 { if unit < 0x7F { writeJSONByte(UInt8(unit)) } else { writeUnit(unit) } }
        } else {
            for byte in text.bytes { writeJSONByte(byte) }
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func writeUnit(_ unit: UInt16) {
        if unit == 0x7F { append(0x7F) } else { write("\\u" + hexadecimal(UInt32(unit), 4)) }
    }

    private mutating func writeJSONByte(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): write("\\\"")
        case UInt8(ascii: "\\"): write("\\\\")
        case UInt8(ascii: "\n"): write("\\n")
        case UInt8(ascii: "\r"): write("\\r")
        case UInt8(ascii: "\t"): write("\\t")
        case 8: write("\\b")
        case 12: write("\\f")
        case ..<0x20: write("\\u" + hexadecimal(UInt32(byte), 4))
        default: append(byte)
        }
    }

    private func hexadecimal(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: width - digits.count) + digits
    }
}

enum PythonNumber {
    /// `repr` of a float: the shortest digits that give it back.
    static func repr(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        let sign = value.sign == .minus ? "-" : ""
        let (digits, exponent) = shortest(value.magnitude)
        // The decimal point stands behind the first `exponent` digits.
        if exponent > 16 || exponent < -3 {
            let rest = digits.dropFirst()
            let power = exponent - 1
            let magnitude = power.magnitude < 10 ? "0\(power.magnitude)" : "\(power.magnitude)"
            return "\(sign)\(digits.prefix(1))\(rest.isEmpty ? "" : ".\(rest)")e\(power < 0 ? "-" : "+")\(magnitude)"
        }
        if exponent <= 0 { return "\(sign)0.\(String(repeating: "0", count: -exponent))\(digits)" }
        if exponent >= digits.count {
            return sign + digits + String(repeating: "0", count: exponent - digits.count) + ".0"
        }
        return "\(sign)\(digits.prefix(exponent)).\(digits.dropFirst(exponent))"
    }

    /// The digits of a number without zeros at the ends, and where its decimal point stands.
    private static func shortest(_ value: Double) -> (digits: String, exponent: Int) {
        if value == 0 { return ("0", 1) }
        let parts = value.description.split(separator: "e")
        var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let decimals = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        var digits = String(decimals[0])
        exponent += digits.count
        if decimals.count > 1 { digits += decimals[1] }
        let leading = digits.prefix { $0 == "0" }.count
        exponent -= leading
        digits = String(digits.dropFirst(leading))
        while digits.last == "0" { digits.removeLast() }
        return (digits, exponent)
    }

    /// As C's `printf` writes a number.
    static func fixed(_ value: Double, precision: Int, conversion: Character = "f") -> String {
        String(format: "%.\(min(max(precision, 0), 400))\(conversion)", value)
    }
}

extension Interpreter {
    /// The text of a value as Python's `str` gives it; undefined values have none.
    func text(of value: Value) throws(Problem) -> OriginText {
        switch value {
        case .string(let text): return text
        case .undefined: return .empty
        case .none: return Self.noneText
        case .bool(let value): return value ? Self.trueText : Self.falseText
        default:
            var writer = PythonWriter()
            try write(value, to: &writer)
            return writer.text
        }
    }

    private static let noneText = OriginText("None", .template)
    private static let trueText = OriginText("True", .template)
    private static let falseText = OriginText("False", .template)

    func repr(_ value: Value) throws(Problem) -> OriginText {
        var writer = PythonWriter()
        try write(value, to: &writer)
        return writer.text
    }

    private func write(_ value: Value, to writer: inout PythonWriter) throws(Problem) {
        try enter()
        defer { leave() }
        try step()
        try charge(writer.bytes.count >> 6)
        switch value {
        case .undefined: writer.write("Undefined")
        case .none: writer.write("None")
        case .bool(let value): writer.write(value ? "True" : "False")
        case .int(let value): writer.write("\(value)")
        case .bigInt(let digits): writer.write(digits)
        case .double(let value): writer.write(PythonNumber.repr(value))
        case .string(let text):
            try charge(text.count)
            writer.writeRepr(text)
        case .list(let items): try write(items.values, "[", "]", to: &writer)
        case .tuple(let items): try write(items.values, "(", items.values.count == 1 ? ",)" : ")", to: &writer)
        case .view(let items, let kind): try write(items.values, "\(kind)([", "])", to: &writer)
        case .dict(let dictionary): try write(zip(dictionary.keys, dictionary.values).map { ($0, $1) }, to: &writer)
        case .range(let range):
            let step = range.step == 1 ? "" : ", \(range.step)"
            writer.write("range(\(range.start), \(range.stop)\(step))")
        case .namespace(let namespace):
            writer.write("<Namespace ")
            try write(namespace.attributes.map { (.string($0.name), $0.value) }, to: &writer)
            writer.write(">")
        case .loop(let loop): writer.write("<LoopContext \(loop.index + 1)/\(loop.items.values.count)>")
        case .function(let function):
            if case .macro(let macro, _) = function.kind {
                writer.write("<Macro '\(macro.name)'>")
            } else {
                writer.write("<function>")
            }
        case .generator: writer.write("<generator object>")
        }
    }

    private func write(
        _ values: [Value], _ open: String, _ close: String, to writer: inout PythonWriter
    ) throws(Problem) {
        writer.write(open)
        for (place, value) in values.enumerated() {
            if place > 0 { writer.write(", ") }
            try write(value, to: &writer)
        }
        writer.write(close)
    }

    private func write(_ members: [(Value, Value)], to writer: inout PythonWriter) throws(Problem) {
        writer.write("{")
        for (place, (key, value)) in members.enumerated() {
            if place > 0 { writer.write(", ") }
            try write(key, to: &writer)
            writer.write(": ")
            try write(value, to: &writer)
        }
        writer.write("}")
    }
}
