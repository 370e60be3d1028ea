internal import JSON

/// What a value may be, as the API's reference tells it: a JSON Schema (2020-12), as in OpenAPI 3.1.
struct Schema: Sendable {
    private var members: [JSONValue.Member]

    private init(_ members: KeyValuePairs<String, JSONValue>) {
        self.members = members.map { JSONValue.Member(name: $0.key, value: $0.value) }
    }

    var json: JSONValue { .object(members) }

    private mutating func set(_ name: String, _ value: JSONValue?) {
        guard let value else { return }
        members.removeAll { $0.name == name }
        members.append(JSONValue.Member(name: name, value: value))
    }

    private func setting(_ name: String, _ value: JSONValue?) -> Schema {
        var schema = self
        schema.set(name, value)
        return schema
    }
}

// Values without parts.
extension Schema {
    /// Anything that JSON has.
    static let any = Schema([:])
    static let string = Schema(["type": "string"])
    static let boolean = Schema(["type": "boolean"])
    static let null = Schema(["type": "null"])
    /// A whole number; `2.0` counts.
    static let integer = Schema(["type": "integer"])
    /// A whole number that counts something.
    static let count = Schema(["type": "integer", "minimum": 0])
    static let number = Schema(["type": "number"])

    /// - Parameter lengths: in Unicode scalars.
    static func string(_ lengths: ClosedRange<Int>) -> Schema {
        string.setting("minLength", lengths.lowerBound > 0 ? .int(lengths.lowerBound) : nil)
            .setting("maxLength", lengths.upperBound < .max ? .int(lengths.upperBound) : nil)
    }

    static func integer(in range: ClosedRange<Int>) -> Schema {
        integer.setting("minimum", .int(range.lowerBound)).setting("maximum", .int(range.upperBound))
    }

    static func number(in range: ClosedRange<Double>) -> Schema {
        number.setting("minimum", decimal(range.lowerBound)).setting("maximum", decimal(range.upperBound))
    }

    /// A number above the first one.
    static func number(above least: Double, to most: Double) -> Schema {
        number.setting("exclusiveMinimum", decimal(least)).setting("maximum", decimal(most))
    }

    static func constant(_ value: JSONValue) -> Schema { Schema(["const": value]) }

    static func one(of values: [JSONValue]) -> Schema { Schema(["enum": .array(values)]) }

    static func one(of words: String...) -> Schema {
        string.setting("enum", .array(words.map { .string($0) }))
    }

    /// A text that is JSON.
    static func text(of value: Schema) -> Schema {
        Schema(["type": "string", "contentMediaType": "application/json", "contentSchema": value.json])
    }

    /// Bytes that are no JSON.
    static let bytes = Schema(["type": "string", "format": "binary"])

    private static func decimal(_ value: Double) -> JSONValue {
        Int(exactly: value).map { .int($0) } ?? .number("\(value)")
    }
}

// Values with parts.
extension Schema {
    static func array(of element: Schema, _ counts: ClosedRange<Int> = 0 ... .max) -> Schema {
        Schema(["type": "array", "items": element.json])
            .setting("minItems", counts.lowerBound > 0 ? .int(counts.lowerBound) : nil)
            .setting("maxItems", counts.upperBound < .max ? .int(counts.upperBound) : nil)
    }

    /// An object with a value of the same kind under any name.
    static func map(of value: Schema, most: Int? = nil, names: Schema? = nil) -> Schema {
        Schema(["type": "object", "additionalProperties": value.json])
            .setting("propertyNames", names?.json).setting("maxProperties", most.map { .int($0) })
    }

    static func any(of schemas: Schema...) -> Schema { Schema(["anyOf": .array(schemas.map(\.json))]) }

    /// One of the schemas that the document names.
    static func named(_ name: String) -> Schema { Schema(["$ref": .string("#/components/schemas/\(name)")]) }

    /// An object that this server answers with: all its members are there, apart from the optional ones.
    static func answer(
        _ members: KeyValuePairs<String, Schema>, optional: KeyValuePairs<String, Schema> = [:]
    ) -> Schema {
        answer(members.map { ($0.key, $0.value) }, optional: optional.map { ($0.key, $0.value) })
    }

    /// The same of lists that are put together.
    static func answer(_ members: [(String, Schema)], optional: [(String, Schema)]) -> Schema {
        Schema(["type": "object"])
            .setting("required", members.isEmpty ? nil : .array(members.map { .string($0.0) }))
            .setting(
                "properties", .object((members + optional).map { JSONValue.Member(name: $0.0, value: $0.1.json) }))
    }

    /// An answer that repeats what clients sent, and so may have any other member.
    var open: Schema { setting("additionalProperties", true) }

    /// An object that clients send. Members that it does not name are allowed, and change nothing.
    static func request(_ fields: [Field], refused: [UnsupportedParameter] = []) -> Schema {
        let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        var schema = Schema(["type": "object"])
        schema.set("required", required.isEmpty ? nil : .array(required))
        schema.set(
            "properties", .object(fields.map { JSONValue.Member(name: $0.name, value: $0.whole.json) }))
        schema.set("additionalProperties", true)
        var refusals: [JSONValue.Member] = []
        for parameter in refused where !refusals.contains(where: { $0.name == parameter.name }) {
            refusals.append(JSONValue.Member(name: parameter.name, value: .string(parameter.refusal)))
        }
        schema.set(refusedKey, refusals.isEmpty ? nil : .object(refusals))
        return schema
    }

    /// Under which a request's schema tells of the parameters that are known and refused by name.
    static let refusedKey = "x-refused"
}

// What is said of a value.
extension Schema {
    /// A word that is none of these.
    func other(than words: [String]) -> Schema {
        setting("not", ["enum": .array(words.map { .string($0) })])
    }

    /// - Parameter pattern: a regular expression that is found in the string.
    func matching(_ pattern: String) -> Schema { setting("pattern", .string(pattern)) }

    func described(_ text: String) -> Schema { setting("description", .string(text)) }

    /// What an absent value means.
    func usually(_ value: JSONValue?) -> Schema { setting("default", value) }

    /// The value, or null.
    var orNull: Schema {
        switch (json["type"], json["enum"]) {
        case (.string(let type)?, let values):
            var schema = setting("type", [.string(type), "null"])
            if case .array(let values)? = values { schema.set("enum", .array(values + [.null])) }
            return schema
        case (nil, .array(let values)?):
            return values.contains(.null) ? self : setting("enum", .array(values + [.null]))
        default:
            guard case .array(let schemas)? = json["anyOf"] else { return .any(of: self, .null) }
            return setting("anyOf", .array(schemas + [Schema.null.json]))
        }
    }
}

/// A parameter of a request's body.
struct Field: Sendable {
    let name: String
    let schema: Schema
    let usual: JSONValue?
    let isRequired: Bool
    let text: String

    /// - Parameters:
    ///   - usual: what its absence means, where that is a value.
    ///   - text: what it does, in a sentence or two.
    init(_ name: String, _ schema: Schema, usual: JSONValue? = nil, _ text: String) {
        (self.name, self.schema, self.usual, self.text) = (name, schema, usual, text)
        isRequired = false
    }

    private init(required name: String, _ schema: Schema, _ text: String) {
        (self.name, self.schema, self.text) = (name, schema, text)
        (usual, isRequired) = (nil, true)
    }

    static func required(_ name: String, _ schema: Schema, _ text: String) -> Field {
        Field(required: name, schema, text)
    }

    /// A null is the same as no value.
    fileprivate var whole: Schema { (isRequired ? schema : schema.orNull).usually(usual).described(text) }
}
