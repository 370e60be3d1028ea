internal import JSON

/// The arguments of one call as Anthropic's API tells them: an object, whatever the model wrote.
///
/// No arguments are an empty object. Arguments that are no object are the only member of one, `INVALID_JSON`: so
/// Anthropic's documentation of fine-grained tool streaming has clients wrap what they cannot parse. A client that
/// sends such an object back means the text in it, so the model sees what it wrote.
struct ToolInput: Sendable {
    private static let wrapper = "INVALID_JSON"

    private enum State { case blank, object, other }
    private var state = State.blank
    /// What has come, while it is not known to be an object.
    private var held = ""

    /// The input of a call that is over.
    static func whole(_ arguments: String) -> JSONValue {
        guard !arguments.allSatisfy(\.isWhitespace) else { return [:] }
        if case .object(let members)? = try? JSONReader.read(Array(arguments.utf8)) { return .object(members) }
        return wrapped(arguments)
    }

    private static func wrapped(_ arguments: String) -> JSONValue {
        .object([JSONValue.Member(name: wrapper, value: .string(arguments))])
    }

    /// The arguments that an input stands for, in JSON as the model writes it.
    static func arguments(_ input: JSONValue) -> String {
        if case .object(let members) = input, members.count == 1, members[0].name == wrapper,
            case .string(let text) = members[0].value
        {
            return text
        }
        return input.text(.pythonDefault)
    }

    /// Takes more of the arguments of a call that goes on.
    ///
    /// - Returns: what of the input's JSON text is certain. What begins like an object comes as the model writes it, so
    ///   it may end as none, as with Anthropic when an answer is cut off.
    mutating func append(_ text: String) -> String {
        if state == .object { return text }
        held += text
        guard state == .blank, let first = held.first(where: { !$0.isWhitespace }) else { return "" }
        state = first == "{" ? .object : .other
        return state == .object ? held : ""
    }

    /// The call is over: the rest of the input's JSON text. Of no arguments there is none.
    func end() -> String { state == .other ? Self.wrapped(held).text() : "" }
}
