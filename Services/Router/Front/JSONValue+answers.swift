internal import JSON

extension JSONValue {
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

    /// JSON has no infinity: a log-probability of minus infinity goes out as -9999, as with vLLM.
    static func logprob(_ value: Float) -> JSONValue { .number("\(value.isFinite ? value : -9999.0)") }

    static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
}

extension JSONValue {
    /// An object with another value for one of its members; a member that is not there is not added.
    func replacing(_ name: String, _ value: JSONValue) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members.map { $0.name == name ? Member(name: name, value: value) : $0 })
    }

    /// A client's notes.
    static func notes(_ metadata: [String: String]) -> JSONValue {
        .object(metadata.sorted { $0.key < $1.key }.map { Member(name: $0.key, value: .string($0.value)) })
    }
}
