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

    /// What is stored of what a request goes on from and refers to.
    ///
    /// - Parameter bytesMax: most bytes of all of it.
    /// - Throws: `APIError` where something is not there, or is too much; `RecordsError`.
    func history(of request: ResponseRequest, _ account: String, bytesMax: Int) async throws -> ResponseHistory {
        var history = ResponseHistory()
        if let id = request.facts.previous { history.earlier = try await chain(to: id, account, bytesMax) }
        if let id = request.facts.conversation {
            history.earlier = try await conversation(id, account, bytesMax)
        }
        history.referred = try await referred(by: request.input, account, bytesMax: bytesMax - history.bytes)
        return history
    }

    /// The items that an input refers to, in the order of the references.
    ///
    /// - Parameter bytesMax: most bytes of all of them.
    func referred(by input: [ResponseInput], _ account: String, bytesMax: Int) async throws -> [StoredItem] {
        let ids = input.compactMap { if case .reference(let id) = $0 { id } else { nil } }
        guard !ids.isEmpty else { return [] }
        do {
            return try await records.items(named: ids, of: account, bytesMax: bytesMax)
        } catch RecordsError.unknownItem(let id) { throw APIError.unknownItem(id, "input") } catch RecordsError.tooLarge
        { throw APIError.historyTooLarge("input", "the items that it refers to") }
    }

    private func chain(to id: String, _ account: String, _ bytesMax: Int) async throws -> [StoredItem] {
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
        do { return try await records.chain(to: id, of: account, bytesMax: bytesMax) } catch let error as RecordsError {
            switch error {
            case .unknownObject(let id): throw APIError.unknownPrevious(id)
            case .tooLarge: throw APIError.historyTooLarge(name, "the responses up to it")
            case .chainTooLong: throw APIError.invalid(name, "Invalid '\(name)': \(error)", code: "invalid_value")
            default: throw error
            }
        }
    }

    private func conversation(_ id: String, _ account: String, _ bytesMax: Int) async throws -> [StoredItem] {
        guard try await records.object(id, .conversation, of: account) != nil else {
            throw APIError.unknownConversation(id)
        }
        do {
            return try await records.items(of: id, of: account, [.conversation], bytesMax: bytesMax)
        } catch RecordsError.tooLarge { throw APIError.historyTooLarge("conversation", "its items") }
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

/// What is stored of what a request goes on from and refers to, before it is read: that takes many times the memory.
struct ResponseHistory: Sendable {
    /// Said before the request.
    var earlier: [StoredItem] = []
    /// What the request's references stand for, in their order.
    var referred: [StoredItem] = []

    var bytes: Int { Self.bytes(of: earlier) + Self.bytes(of: referred) }

    static func bytes(of items: [StoredItem]) -> Int { items.reduce(0) { $0 + $1.body.utf8.count } }

    func earlierItems() throws(APIError) -> [ResponseItem] {
        try earlier.map { item throws(APIError) in try ResponseBook.item(item) }
    }

    /// Items in the place of references to them. One whose id a list has already gets a new one: whoever goes through
    /// the list page by page goes on behind an id.
    ///
    /// - Parameter taken: ids that are not to be used again, beside those of the conversation.
    func items(of input: [ResponseInput], taken: Set<String> = []) throws(APIError) -> [ResponseItem] {
        var (items, referred) = ([ResponseItem](), referred[...])
        var taken = taken.union(earlier.lazy.filter { $0.list == .conversation }.map(\.id))
        for element in input {
            switch element {
            case .item(let item): items.append(item)
            case .reference: if let next = referred.popFirst() { items.append(try ResponseBook.item(next)) }
            }
        }
        for index in items.indices where !taken.insert(items[index].id).inserted {
            items[index].id = ResponseItem.newID(for: items[index].content)
        }
        return items
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

    /// - Parameter what: all that the parameter stands for.
    static func historyTooLarge(_ param: String, _ what: String) -> APIError {
        .invalid(
            param,
            """
            Invalid '\(param)': \(what) together are more than one request may have. Please begin anew with what is \
            still needed of them.
            """, code: "context_length_exceeded")
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
