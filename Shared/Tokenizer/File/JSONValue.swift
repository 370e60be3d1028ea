/// A parsed JSON text whose objects keep every member in order, duplicates too.
///
/// Foundation's decoder is no help here: it files vocabulary entries under Swift strings, which are equal when they are
/// canonically equivalent, so two different tokens could silently become one.
enum JSONValue: Sendable {
    case null, bool(Bool), integer(Int), number(Double), string(String)
    case array([JSONValue]), object([JSONMember])

    /// What it is, for error messages: the value itself where it is short, its kind otherwise.
    var summary: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): "\"\(value.prefix(60))\""
        case .array(let values): "an array of \(values.count)"
        case .object(let members): "an object of \(members.count)"
        }
    }
}

struct JSONMember: Sendable {
    let key: String
    let value: JSONValue
}
