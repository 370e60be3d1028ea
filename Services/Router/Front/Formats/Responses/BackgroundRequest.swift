internal import Hummingbird
internal import JSON
internal import Records

/// What is needed to make a response once more, to the same bytes: its request, the seed and the time that it was
/// given, and all items that its prompt was made of.
struct BackgroundRequest: Sendable {
    /// The request's parameters apart from its input, as JSON text.
    let fields: String
    /// Used where the request brings none.
    let seed: UInt64
    /// When it was asked, for chat templates that tell the date; seconds since 1970.
    let now: Int
    /// Another one would go on with other words.
    let origin: AnswerOrigin
    let items: [ResponseItem]
    /// How many of the items were said before.
    let earlier: Int

    var stored: StoredItem {
        let json: JSONValue = [
            "fields": .string(fields), "seed": .string("\(seed)"), "now": .int(now), "origin": origin.json,
            "items": .array(items.map(\.json)), "earlier": .int(earlier),
        ]
        return StoredItem(id: "", list: .request, body: json.text())
    }
}

extension BackgroundRequest {
    init(_ stored: StoredItem) throws(APIError) {
        let json = try ResponseBook.json(stored.body)
        guard case .string(let fields)? = json["fields"], case .string(let digits)? = json["seed"],
            let seed = UInt64(digits), case .array(let elements)? = json["items"],
            let earlier = json["earlier"]?.integer
        else { throw .internalError }
        guard let now = json["now"]?.integer, let origin = AnswerOrigin(json["origin"]) else {
            throw .cannotGoOn("another version of this program has begun it")
        }
        (self.fields, self.seed, self.now, self.origin, self.earlier) = (fields, seed, now, origin, earlier)
        items = try elements.map { element throws(APIError) in try ResponseItem(stored: element) }
    }

    /// What the request asks for, as it was read first, with its prompt.
    ///
    /// - Parameter prompts: makes prompts as they are made at `now`.
    func response(
        for model: ServedModel, by prompts: ConversationPrompts
    ) throws -> (request: ResponseRequest, job: Job) {
        let fields = try RequestFields(Array(fields.utf8), contextLength: model.contextLength)
        let request = try ResponseRequest(fields, model: model, seed: seed)
        let job = try request.job(items, earlier: earlier, by: prompts)
        if let difference = origin.difference(from: AnswerOrigin(job, model)) { throw APIError.cannotGoOn(difference) }
        return (request, job)
    }
}

extension RequestFields {
    /// The parameters as JSON text, with an empty `input`.
    var textWithoutInput: String {
        JSONValue.object(all.filter { $0.name != "input" } + [JSONValue.Member(name: "input", value: [])]).text()
    }
}

extension APIError {
    /// - Parameter reason: goes on after a colon.
    fileprivate static func cannotGoOn(_ reason: String) -> APIError {
        var error = APIError.internalError
        error.message = "The router was started anew, and this response cannot go on with the same words: \(reason)."
        return error
    }
}
