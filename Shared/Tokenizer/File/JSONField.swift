internal import JSON

/// One value of a JSON file together with its place, so that a wrong type is reported by name.
struct JSONField {
    let file: String
    let path: String
    let value: JSONValue

    func error(expected: String) -> TokenizerError {
        TokenizerError(file: file, field: path, expected: expected, found: value.inWords)
    }

    var isNull: Bool { if case .null = value { true } else { false } }

    /// The member of that name, or nil; of several with one name the last, as in Hugging Face's reader.
    func optional(_ name: String) throws(TokenizerError) -> JSONField? {
        guard case .object = value else { throw error(expected: "an object") }
        return value[name].map { JSONField(file: file, path: path.isEmpty ? name : "\(path).\(name)", value: $0) }
    }

    func member(_ name: String) throws(TokenizerError) -> JSONField {
        if let field = try optional(name) { return field }
        throw TokenizerError(
            file: file, field: path.isEmpty ? name : "\(path).\(name)", expected: "a value", found: "nothing")
    }

    func members() throws(TokenizerError) -> [JSONValue.Member] {
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

extension JSONField {
    /// A whole file. Names that occur twice are left to whoever reads the object: a vocabulary names the entry.
    init(_ bytes: [UInt8], file: String) throws(TokenizerError) {
        do {
            self.init(file: file, path: "", value: try JSONReader.read(bytes))
        } catch {
            let found = error.offset < bytes.count ? bytes[error.offset] : nil
            throw TokenizerError(
                file: file, field: "JSON at byte \(error.offset)", expected: error.expected,
                found: found.map { $0 > 0x20 && $0 < 0x7F ? "'\(Character(Unicode.Scalar($0)))'" : "byte \($0)" }
                    ?? "the end")
        }
    }
}
