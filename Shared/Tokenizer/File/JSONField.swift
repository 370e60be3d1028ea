/// One value of a JSON file together with its place, so that a wrong type is reported by name.
struct JSONField {
    let file: String
    let path: String
    let value: JSONValue

    func error(expected: String) -> TokenizerError {
        TokenizerError(file: file, field: path, expected: expected, found: value.summary)
    }

    var isNull: Bool { if case .null = value { true } else { false } }

    /// The member of that name, or nil; of several with one name the last, as in Hugging Face's reader.
    func optional(_ name: String) throws(TokenizerError) -> JSONField? {
        guard case .object(let members) = value else { throw error(expected: "an object") }
        guard let member = members.last(where: { $0.key == name }) else { return nil }
        return JSONField(file: file, path: path.isEmpty ? name : "\(path).\(name)", value: member.value)
    }

    func member(_ name: String) throws(TokenizerError) -> JSONField {
        if let field = try optional(name) { return field }
        throw TokenizerError(file: file, field: path.isEmpty ? name : "\(path).\(name)", expected: "a value", found: "nothing")
    }

    func members() throws(TokenizerError) -> [JSONMember] {
        guard case .object(let members) = value else { throw error(expected: "an object") }
        return members
    }

    func elements() throws(TokenizerError) -> [JSONField] {
        guard case .array(let values) = value else { throw error(expected: "an array") }
        return values.indices.map { JSONField(file: file, path: "\(path)[\($0)]", value: values[$0]) }
    }

    func string() throws(TokenizerError) -> String {
        guard case .string(let text) = value else { throw error(expected: "a string") }
        return text
    }

    func bool() throws(TokenizerError) -> Bool {
        guard case .bool(let flag) = value else { throw error(expected: "true or false") }
        return flag
    }

    /// A flag that may be left out or null.
    func flag(_ name: String, default fallback: Bool) throws(TokenizerError) -> Bool {
        guard let field = try optional(name), !field.isNull else { return fallback }
        return try field.bool()
    }
}
