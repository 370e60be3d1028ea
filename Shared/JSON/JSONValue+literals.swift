// So that a value reads in code as it does in a file or on the wire.
extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
    /// A string literal in code is a JSON string.
    package init(stringLiteral value: String) { self = .string(value) }

    /// `true` and `false` in code are those of JSON.
    package init(booleanLiteral value: Bool) { self = .bool(value) }

    /// An integer literal in code is a JSON number of the same value, in decimal digits.
    package init(integerLiteral value: Int) { self = .int(value) }
}

extension JSONValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    /// An array literal in code is a JSON array.
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    /// A dictionary literal in code is a JSON object; members keep their order, and a name may occur twice.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member(name: $0.0, value: $0.1) })
    }
}

extension JSONValue {
    /// A number in decimal digits, exact however large `value` is.
    package static func int(_ value: some BinaryInteger) -> JSONValue { .number("\(value)") }
}
