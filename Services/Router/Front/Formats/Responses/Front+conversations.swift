internal import Foundation
internal import Hummingbird
internal import JSON
internal import Records

/// The endpoints of conversations.
extension Front {
    func addConversations(to api: RouterGroup<FrontContext>) {
        api.post("/conversations") { request, context in try await createConversation(request, context) }
        api.get("/conversations/:id") { _, context in try await show(.conversation, context) }
        api.post("/conversations/:id") { request, context in try await annotate(.conversation, request, context) }
        api.delete("/conversations/:id") { _, context in try await forget(.conversation, context) }
        api.post("/conversations/:id/items") { request, context in try await addItems(request, context) }
        api.get("/conversations/:id/items") { request, context in
            try await listItems(.conversation, of: try await stored(.conversation, context), request)
        }
        api.get("/conversations/:id/items/:item") { _, context in
            let conversation = try await stored(.conversation, context), id = try id(context, named: "item")
            let item = try await responses.records.item(id, of: conversation.id, of: conversation.account)
            guard let item else { throw APIError.unknownItem(id) }
            return Response(json: try ResponseBook.json(item.body))
        }
        api.delete("/conversations/:id/items/:item") { _, context in
            let conversation = try await stored(.conversation, context), id = try id(context, named: "item")
            do {
                try await responses.records.deleteItem(id, of: conversation.id, of: conversation.account)
            } catch RecordsError.unknownItem { throw APIError.unknownItem(id) }
            return Response(json: try ResponseBook.json(conversation.body))
        }
    }

    private func createConversation(_ request: Request, _ context: FrontContext) async throws -> Response {
        let fields = try await fields(of: request, context), account = account(context)
        let metadata = try SessionMetadata.read(fields)
        let items = fields.value("items") == nil ? [] : try await newItems(fields, account)
        let id = "conv_" + UUID().uuidString.lowercased().filter { $0 != "-" }
        let created = ResponseBook.now, json = Self.json(id, created: created, metadata)
        let conversation = StoredObject(
            id: id, kind: .conversation, account: account, created: created, body: json.text())
        try await responses.records.create(
            conversation, ResponseBook.stored(items, in: .conversation), adding: nil)
        return Response(json: json)
    }

    private func addItems(_ request: Request, _ context: FrontContext) async throws -> Response {
        let fields = try await fields(of: request, context), conversation = try await stored(.conversation, context)
        guard fields.value("items") != nil else { throw APIError.missing("items") }
        let items = ResponseBook.stored(
            try await newItems(fields, conversation.account, of: conversation.id), in: .conversation)
        do {
            try await responses.records.add(
                ConversationAddition(id: conversation.id, items: items), of: conversation.account)
        } catch RecordsError.unknownObject(let id) { throw APIError.unknownConversation(id) }
        return Response(json: try Page(elements: items).json())
    }

    /// Most items that one request adds.
    static let itemsMax = 20

    /// - Parameter conversation: what they are added to; nil: it is new.
    private func newItems(
        _ fields: RequestFields, _ account: String, of conversation: String? = nil
    ) async throws -> [ResponseItem] {
        guard case .array(let elements)? = fields.value("items") else {
            throw APIError.wrongType("items", expected: "an array", found: fields.value("items") ?? .null)
        }
        guard elements.count <= Self.itemsMax else {
            throw APIError.invalid(
                "items",
                """
                Invalid 'items': array too long. Expected at most \(Self.itemsMax) items, but got \(elements.count) \
                instead.
                """, code: "array_above_max_length")
        }
        let input = try ResponseInput.read(.array(elements), "items")
        let referred = try await responses.referred(by: input, account, bytesMax: config.bodyBytesMax)
        var taken: Set<String> = []
        if let conversation {
            for element in input {
                let id = element.id
                if try await responses.records.item(id, of: conversation, of: account) != nil { taken.insert(id) }
            }
        }
        return try ResponseHistory(referred: referred).items(of: input, taken: taken)
    }

    private static func json(_ id: String, created: Int, _ metadata: [String: String]) -> JSONValue {
        ["id": .string(id), "object": "conversation", "created_at": .int(created), "metadata": .notes(metadata)]
    }
}
