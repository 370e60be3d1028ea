internal import Foundation
internal import Hummingbird
internal import JSON
internal import Records

/// The stored responses and conversations of all clients, as items and JSON. What an account may see is decided by the
/// records.
struct ResponseBook: Sendable {
    let records: any ObjectRecords

    init(_ records: any ObjectRecords) { self.records = records }

    static var now: Int { Int(Date.now.timeIntervalSince1970) }

    /// What was said before a request, and what the request says: its references stand for items.
    ///
    /// - Throws: `APIError` where something is not there, `RecordsError`.
    func items(
        of request: ResponseRequest, _ account: String
    ) async throws -> (earlier: [ResponseItem], new: [ResponseItem]) {
        var earlier: [ResponseItem] = []
        if let id = request.facts.previous { earlier = try await chain(to: id, account) }
        if let id = request.facts.conversation { earlier = try await conversation(id, account) }
        return (earlier, try await resolved(request.input, account))
    }

    /// Items in the place of references to them.
    func resolved(_ input: [ResponseInput], _ account: String) async throws -> [ResponseItem] {
        var items: [ResponseItem] = []
        for element in input {
            switch element {
            case .item(let item): items.append(item)
            case .reference(let id):
                guard let item = try await records.item(id, of: account) else {
                    throw APIError.unknownItem(id, "input")
                }
                items.append(try Self.item(item))
            }
        }
        return items
    }

    private func chain(to id: String, _ account: String) async throws -> [ResponseItem] {
        let name = "previous_response_id"
        guard let previous = try await records.object(id, .response, of: account) else {
            throw APIError.unknownPrevious(id)
        }
        let response = try Self.json(previous.body)
        guard !previous.isOpen, response["status"] == "completed" || response["status"] == "incomplete" else {
            throw APIError.invalid(
                name, "Invalid '\(name)': response \(id.echoed) has no answer (yet).", code: "invalid_value")
        }
        if case .string(let conversation)? = response["conversation"]?["id"] {
            throw APIError.invalid(
                name,
                "Invalid '\(name)': the response belongs to '\(conversation.echoed)'; send that as 'conversation'.",
                code: "invalid_value")
        }
        do {
            return try await records.chain(to: id, of: account).map(Self.item)
        } catch RecordsError.unknownObject(let id) { throw APIError.unknownPrevious(id) } catch let error
            as RecordsError
        {
            guard case .chainTooLong = error else { throw error }
            throw APIError.invalid(name, "Invalid '\(name)': \(error)", code: "invalid_value")
        }
    }

    private func conversation(_ id: String, _ account: String) async throws -> [ResponseItem] {
        guard try await records.object(id, .conversation, of: account) != nil else {
            throw APIError.unknownConversation(id)
        }
        return try await records.items(of: id, of: account, [.conversation]).map(Self.item)
    }

    /// A stored response as clients see it.
    func response(_ id: String, _ account: String) async throws -> (object: StoredObject, json: JSONValue) {
        guard let object = try await records.object(id, .response, of: account) else {
            throw APIError.unknownResponse(id)
        }
        let output = try await records.items(of: id, of: account, [.output]).map { try Self.json($0.body) }
        guard case .object(let members) = try Self.json(object.body) else { throw APIError.internalError }
        let whole = members.map { member in
            member.name == "output" ? JSONValue.Member(name: "output", value: .array(output)) : member
        }
        return (object, .object(whole))
    }

    static func json(_ text: String) throws(APIError) -> JSONValue {
        do { return try JSONReader.read(Array(text.utf8)) } catch { throw .internalError }
    }

    static func item(_ stored: StoredItem) throws(APIError) -> ResponseItem {
        try ResponseItem(stored: try json(stored.body))
    }

    static func stored(_ items: [ResponseItem], in list: StoredItem.List) -> [StoredItem] {
        items.map { StoredItem(id: $0.id, list: list, body: $0.json.text()) }
    }
}

extension StoredObject {
    /// A response without its output, which stands in its items.
    init(_ response: JSONValue, of answer: Answer, _ facts: ResponseFacts, _ account: String, isOpen: Bool = false) {
        var members: [JSONValue.Member] = []
        if case .object(let all) = response { members = all }
        let body = members.map { $0.name == "output" ? JSONValue.Member(name: "output", value: []) : $0 }
        self.init(
            id: answer.id, kind: .response, account: account, created: answer.created, parent: facts.previous,
            isOpen: isOpen, body: JSONValue.object(body).text())
    }
}

/// Stores a response once it is whole.
struct ResponseKeeper: AnswerKeeper {
    let book: ResponseBook
    let format: ResponseFormat
    let account: String
    let input: [ResponseItem]

    func keep(_ choices: [Answer.Choice], of answer: Answer, usage: Usage) async throws {
        let response = format.whole(choices, of: answer, usage: usage)
        let output = format.items(choices.first ?? Answer.Choice(), of: answer)
        let object = StoredObject(response, of: answer, format.facts, account)
        let items = ResponseBook.stored(input, in: .input) + ResponseBook.stored(output, in: .output)
        let addition = format.facts.addition(input + output)
        // The task may be cancelled, since clients hang up: what is whole is stored all the same.
        try await Task { [records = book.records] in
            do { try await records.create(object, items, adding: addition) } catch RecordsError.unknownObject(let id) {
                throw APIError.unknownConversation(id)
            }
        }.value
    }
}

extension ResponseFacts {
    /// What the response adds to its conversation, if it has one.
    func addition(_ items: [ResponseItem]) -> ConversationAddition? {
        conversation.map { ConversationAddition(id: $0, items: ResponseBook.stored(items, in: .conversation)) }
    }
}

extension APIError {
    static func unknownResponse(_ id: String) -> APIError {
        APIError(status: .notFound, message: "Response with id '\(id.echoed)' not found.", code: "response_not_found")
    }

    static func unknownPrevious(_ id: String) -> APIError {
        .invalid(
            "previous_response_id", "Previous response with id '\(id.echoed)' not found.",
            code: "previous_response_not_found")
    }

    static func unknownConversation(_ id: String) -> APIError {
        APIError(
            status: .notFound, message: "Conversation with id '\(id.echoed)' not found.", param: "conversation",
            code: "conversation_not_found")
    }

    static func unknownItem(_ id: String, _ param: String? = nil) -> APIError {
        APIError(
            status: .notFound, message: "Item with id '\(id.echoed)' not found.", param: param, code: "item_not_found")
    }
}
