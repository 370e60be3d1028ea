/// One value of a JSON document (RFC 8259), with what a checkpoint's files need and common parsers hide:
/// integers stay exact, true is not 1, and a name that occurs twice in an object is an error.
enum JSONValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    /// A number written with a fraction or an exponent, or too large for `Int`.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// The value as a whole number; `1e7` and `2.0` count, `2.5` does not.
    var wholeNumber: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The value in words, for error messages.
    var inWords: String {
        switch self {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): "the string \"\(value.prefix(60))\""
        case .array(let elements): "a list of \(elements.count)"
        case .object: "an object"
        }
    }
}

/// The members of a JSON object in the order of the file; no name occurs twice.
struct JSONObject: Equatable, Sendable {
    struct Member: Equatable, Sendable {
        let name: String
        let value: JSONValue
    }
    let members: [Member]

    /// The value of `name`: a linear search, meant for objects of some dozens of members.
    subscript(_ name: String) -> JSONValue? { members.first { $0.name == name }?.value }
}

/// Where a text stops being JSON, and why.
struct JSONError: Error, Equatable {
    enum Problem: Equatable {
        case expected(String)
        case duplicateName(String)
        case tooDeep
    }
    let offset: Int
    let problem: Problem

    var inWords: String {
        switch problem {
        case .expected(let what): "not JSON: expected \(what) at byte \(offset)"
        case .duplicateName(let name): "the name \"\(name)\" occurs twice in one object (byte \(offset))"
        case .tooDeep: "nested more than \(JSONParser.depthMax) deep (byte \(offset))"
        }
    }
}
