internal import JSON

/// Endpoints that belong together, and the schemas that they name.
protocol DocumentedFamily {
    static func endpoints(_ facts: ReferenceFacts) -> [DocumentedEndpoint]
    /// By name; other families may name them as well.
    static func schemas(_ facts: ReferenceFacts) -> KeyValuePairs<String, Schema>
}

/// What differs between one server's reference and another's.
struct ReferenceFacts: Sendable {
    let model: ServedModel
    let asksForKeys: Bool
    /// Where clients on this machine reach it.
    let port: Int

    var tokenID: Schema { .integer(in: 0 ... model.vocabularySize - 1) }
    /// The only model that a request may ask for.
    var modelName: Schema { .one(of: [.string(model.id)]) }

    /// A parameter of nearly all requests.
    var modelField: Field { Field("model", modelName, usual: .string(model.id), "The model that is asked for.") }
}
