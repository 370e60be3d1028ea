internal import Hummingbird
internal import JSON
internal import Records

/// Stores a chat completion that is to be stored.
struct ChatKeeper: AnswerKeeper {
    let records: any ObjectRecords
    let account: String
    let metadata: [String: String]
    /// As the client sent them.
    let messages: [JSONValue]

    /// - Returns: nil where the request does not ask for it.
    init?(_ fields: RequestFields, _ records: any ObjectRecords, account: String) throws(APIError) {
        guard try fields.bool("store", default: false), case .array(let messages)? = fields.value("messages") else {
            return nil
        }
        metadata = try SessionMetadata.read(fields)
        (self.records, self.account, self.messages) = (records, account, messages)
    }

    func keep(_ choices: [Answer.Choice], of answer: Answer, usage: Usage) async throws {
        let whole = ChatFormat().whole(choices, of: answer, usage: usage)
        let body = StoredCompletion.json(whole, metadata: metadata).text()
        let object = StoredObject(
            id: answer.id, kind: .completion, account: account, created: answer.created, body: body)
        let items = messages.enumerated().map { index, message in
            StoredItem(id: "\(answer.id)-\(index)", list: .input, body: message.text())
        }
        // The task may be cancelled, since clients hang up: what is whole is stored all the same.
        try await Task { [records] in try await records.create(object, items, adding: nil) }.value
    }
}

/// Chat completions that were stored, as OpenAI shows them.
enum StoredCompletion {
    static func json(_ completion: JSONValue, metadata: [String: String]) -> JSONValue {
        guard case .object(let members) = completion else { return completion }
        return .object(members + [JSONValue.Member(name: "metadata", value: .notes(metadata))])
    }

    /// A message of the request.
    static func message(_ item: StoredItem) throws(APIError) -> JSONValue {
        guard case .object(let members) = try ResponseBook.json(item.body) else { throw .internalError }
        let parts = members.last { $0.name == "content" }?.value
        let (text, list): (JSONValue, JSONValue) =
            if case .array? = parts { (.null, parts ?? .null) } else { (parts ?? .null, .null) }
        return JSONValue(
            ["id": .string(item.id), "content": text, "content_parts": list],
            and: members.filter { !["id", "content", "content_parts"].contains($0.name) })
    }
}

extension APIError {
    static func unknownCompletion(_ id: String) -> APIError {
        APIError(
            status: .notFound, message: "Chat completion with id '\(id.echoed)' not found.",
            code: "completion_not_found")
    }
}
