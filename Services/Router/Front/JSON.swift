/// One JSON value as it came or as it goes out. Objects keep the order of their members, and numbers their digits, because
/// tool definitions are shown to the model as the client wrote them.
enum JSON: Sendable, Equatable {
    struct Member: Sendable, Equatable {
        var name: String
        var value: JSON
    }
    case null
    case bool(Bool)
    /// The digits as they stand in the text.
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    /// What a client calls this, for error messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number(let digits): Int(digits) == nil ? "a decimal" : "an integer"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// A member of an object. Of equal names the last counts, as in most parsers.
    subscript(_ name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }
}

// So that an answer reads in code as it does on the wire.
extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral {
    init(stringLiteral value: String) { self = .string(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }

    static func int(_ value: some BinaryInteger) -> JSON { .number("\(value)") }

    /// JSON has no infinity: a log-probability of minus infinity goes out as -9999, as with vLLM.
    static func logprob(_ value: Float) -> JSON { .number("\(value.isFinite ? value : -9999.0)") }

    static func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
}

extension JSON: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements.map { Member(name: $0.0, value: $0.1) }) }
}
