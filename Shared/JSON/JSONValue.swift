/// One JSON value as it stands in its text. Objects keep the order of their members and names that occur twice, numbers
/// keep their digits: tool definitions are shown to the model as the client wrote them, and integers of a checkpoint
/// stay exact.
///
/// Foundation's decoder is no help: it files members under Swift strings, which are equal when they are canonically
/// equivalent, so two different tokens of a vocabulary could silently become one.
package enum JSONValue: Sendable {
    /// One name of an object, and the value it stands for.
    package struct Member: Sendable {
        /// The name without quotes and escapes.
        package var name: String
        /// A value of any kind; `.null` where the text says so.
        package var value: JSONValue

        /// Takes a name without quotes and escapes, and its value.
        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }

        /// Whether the name is this one byte by byte.
        func isNamed(_ other: String) -> Bool { name.hasBytes(of: other) }
    }
    case null
    case bool(Bool)
    /// The digits as they stand in the text.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// A member of an object: a linear search, meant for some dozens of members. Of equal names the last counts, as in
    /// most parsers.
    package subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.isNamed(name) }?.value
    }
}

// Texts are compared byte by byte: Swift's comparison puts them into a normal form first, which takes a time that grows
// with the square of a row of combining marks, and a client's text may have millions of them.
extension JSONValue: Equatable {
    /// Whether both are spelled alike, apart from white space and escapes.
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left.hasBytes(of: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }
}

extension JSONValue.Member: Equatable {
    /// Whether name and value are spelled alike.
    package static func == (left: Self, right: Self) -> Bool {
        left.isNamed(right.name) && left.value == right.value
    }
}

// Numbers, in the forms that lose nothing.
extension JSONValue {
    /// A number written as an integer that fits.
    package var integer: Int? { if case .number(let digits) = self { Int(digits) } else { nil } }

    /// A number that is whole however it is written: `1e7` and `2.0` count, `2.5` does not.
    package var wholeNumber: Int? { integer ?? double.flatMap { Int(exactly: $0) } }

    /// Any number, rounded; infinite beyond the range of a double.
    package var double: Double? { if case .number(let digits) = self { Double(digits) } else { nil } }
}

extension JSONValue {
    /// The value for error messages: itself where it is short, else its kind.
    package var inWords: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let digits): integer.map { "\($0)" } ?? double.map { "\($0)" } ?? "\(digits.prefix(60))"
        case .string(let value): "the string \"\(value.prefix(60))\""
        case .array(let elements): "a list of \(elements.count)"
        case .object: "an object"
        }
    }
}
