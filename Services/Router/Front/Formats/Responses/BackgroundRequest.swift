internal import Hummingbird
internal import JSON
internal import Records

/// What is needed to make a response once more, to the same bytes: its request, the seed that it was given, and all
/// items that its prompt was made of.
struct BackgroundRequest: Sendable {
    /// The request's parameters apart from its input, as JSON text.
    let fields: String
    /// Used where the request brings none.
    let seed: UInt64
    /// Of the model that has begun the response: another one would go on with other words.
    let fingerprint: String
    let items: [ResponseItem]
    /// How many of the items were said before.
    let earlier: Int

    var stored: StoredItem {
        let json: JSONValue = [
            "fields": .string(fields), "seed": .string("\(seed)"), "fingerprint": .string(fingerprint),
            "items": .array(items.map(\.json)), "earlier": .int(earlier),
        ]
        return StoredItem(id: "", list: .request, body: json.text())
    }
}

extension BackgroundRequest {
    init(_ stored: StoredItem) throws(APIError) {
        let json = try ResponseBook.json(stored.body)
        guard case .string(let fields)? = json["fields"], case .string(let digits)? = json["seed"],
            let seed = UInt64(digits), case .string(let fingerprint)? = json["fingerprint"],
            case .array(let elements)? = json["items"], let earlier = json["earlier"]?.integer
        else { throw .internalError }
        (self.fields, self.seed, self.fingerprint, self.earlier) = (fields, seed, fingerprint, earlier)
        items = try elements.map { element throws(APIError) in try ResponseItem(stored: element) }
    }

    /// What the request asks for, as it was read first.
    func response(for model: ServedModel) throws -> ResponseRequest {
        guard fingerprint == model.fingerprint else {
            throw APIError(
                status: .internalServerError, message: "The model is another one than that which began the response.",
                type: "server_error", code: "server_error")
        }
        let fields = try RequestFields(Array(fields.utf8), contextLength: model.contextLength)
        return try ResponseRequest(fields, model: model, seed: seed)
    }
}

extension RequestFields {
    /// The parameters as JSON text, with an empty `input`.
    var textWithoutInput: String {
        JSONValue.object(all.filter { $0.name != "input" } + [JSONValue.Member(name: "input", value: [])]).text()
    }
}
