internal import JSON
internal import Synchronization

/// The parameters of a request body, read by name and type. An absent parameter and a null are the same; a wrong one is
/// a 400 that names it. Parameters nobody asks for are ignored, but known by name afterwards.
struct RequestFields: Sendable {
    private let members: [ExactName: JSONValue]
    private let asked = AskedNames()

    /// - Parameter contextLength: more token ids than this no request needs, so no more values are read, apart from
    ///   some for the rest.
    init(_ bytes: [UInt8], contextLength: Int = .max) throws(APIError) {
        let body: JSONValue
        do {
            body = try JSONReader.read(bytes, limits: .request(ids: contextLength))
        } catch {
            throw APIError(message: "The request body is \(error.inWords).", code: "invalid_json")
        }
        guard case .object(let members) = body else {
            throw APIError(
                message: "The request body must be a JSON object, but is \(body.kind).", code: "invalid_json")
        }
        // Of equal names the last counts, as in most parsers.
        self.members = Dictionary(members.map { (ExactName($0.name), $0.value) }, uniquingKeysWith: { $1 })
    }

    /// All of them, in the order of their names.
    var all: [JSONValue.Member] {
        members.map { JSONValue.Member(name: $0.key.text, value: $0.value) }.sorted { $0.name < $1.name }
    }

    /// Those of the parameters that nothing has asked for so far, in their order.
    var unasked: [String] {
        let asked = asked.all
        return members.keys.filter { !asked.contains($0) }.map(\.text).sorted()
    }

    /// The value as it came, or nil if absent or null.
    func value(_ name: String) -> JSONValue? {
        let name = ExactName(name)
        guard let value = members[name] else { return nil }
        asked.note(name)
        return value == .null ? nil : value
    }

    func bool(_ name: String, default absent: Bool) throws(APIError) -> Bool {
        guard let value = value(name) else { return absent }
        guard case .bool(let bool) = value else { throw .wrongType(name, expected: "a boolean", found: value) }
        return bool
    }

    func string(_ name: String) throws(APIError) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let string) = value else { throw .wrongType(name, expected: "a string", found: value) }
        return string
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let value = value(name) else { return nil }
        return try value.integer(name, in: range)
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(APIError) -> Double? {
        guard let value = value(name) else { return nil }
        return try value.number(name, in: range)
    }

    /// `priority`: low, normal or high; or vLLM's integer, where lower is more urgent and 0 is usual: below it is high,
    /// above it low.
    func priority() throws(APIError) -> Priority {
        guard let value = value("priority") else { return .normal }
        if case .number = value {
            let level = try value.integer("priority", in: .min ... .max)
            return level < 0 ? .high : level > 0 ? .low : .normal
        }
        guard case .string(let name) = value else {
            throw .wrongType("priority", expected: "a string or an integer", found: value)
        }
        switch name {
        case "low": return .low
        case "normal": return .normal
        case "high": return .high
        default:
            let message =
                "Invalid 'priority': expected 'low', 'normal', 'high' or an integer, but got '\(name.echoed)' instead."
            throw .invalid("priority", message, code: "invalid_value")
        }
    }

    /// Token ids below `vocabularySize`.
    func tokenIDs(_ name: String, vocabularySize: Int) throws(APIError) -> [Int32] {
        guard let value = value(name) else { return [] }
        guard case .array(let elements) = value else {
            throw .wrongType(name, expected: "an array of token ids", found: value)
        }
        return try elements.tokenIDs(name, of: name, vocabularySize: vocabularySize)
    }
}

/// Which parameters of one request were asked for.
private final class AskedNames: Sendable {
    private let names = Mutex<Set<ExactName>>([])

    var all: Set<ExactName> { names.withLock { $0 } }
    func note(_ name: ExactName) { names.withLock { _ = $0.insert(name) } }
}

extension JSONValue {
    /// A whole number in `range`; `2.0` and `1e3` count. Of any size in the text.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int {
        guard case .number(let digits) = self, let decimal = Double(digits), decimal == decimal.rounded(.towardZero)
        else {
            throw .wrongType(name, expected: "an integer", found: self)
        }
        // Rounded to a double, a number just beyond Int may be one within.
        let isPlain = digits.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 | 0x20 != UInt8(ascii: "e") }
        let value = Int(digits) ?? (isPlain ? nil : Int(exactly: decimal))
        guard let value, range.contains(value) else {
            // Of what is beyond Int, the sign tells which bound was missed.
            let isBelow = value.map { $0 < range.lowerBound } ?? (decimal < 0)
            let limit = isBelow ? range.lowerBound : range.upperBound
            throw .outOfRange(name, .integer, isBelow ? .below : .above, limit: "\(limit)", found: digits)
        }
        return value
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(APIError) -> Double {
        guard case .number(let digits) = self, let value = Double(digits) else {
            throw .wrongType(name, expected: "a decimal", found: self)
        }
        if value < range.lowerBound {
            throw .outOfRange(name, .decimal, .below, limit: "\(range.lowerBound)", found: digits)
        }
        if value > range.upperBound {
            throw .outOfRange(name, .decimal, .above, limit: "\(range.upperBound)", found: digits)
        }
        return value
    }
}

extension APIError {
    enum NumberKind: String { case integer, decimal }
    enum Side { case below, above }

    static func outOfRange(_ name: String, _ kind: NumberKind, _ side: Side, limit: String, found: String) -> APIError {
        let (extreme, sign, code) =
            side == .below ? ("below minimum", ">=", "below_min") : ("above maximum", "<=", "above_max")
        let message =
            """
            Invalid '\(name)': \(kind.rawValue) \(extreme) value. Expected a value \(sign) \(limit), but got \
            \(found.echoed) instead.
            """
        return .invalid(name, message, code: "\(kind.rawValue)_\(code)_value")
    }
}
