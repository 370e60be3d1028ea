internal import Foundation
internal import Hummingbird
internal import JSON
internal import Records

/// The endpoints of conversations.
extension Front {
    func addConversations(to api: RouterGroup<FrontContext>) {
        api.post("/conversations") { request, context in try await createConversation(request, context) }
        api.get("/conversations/:id") { _, context in
            Response(json: try ResponseBook.json(try await conversation(context).body))
        }
        api.post("/conversations/:id") { request, context in try await updateConversation(request, context) }
        api.delete("/conversations/:id") { _, context in
            let id = try id(context)
            do {
                try await responses.records.delete(id, .conversation, of: account(context))
            } catch RecordsError.unknownObject { throw APIError.unknownConversation(id) }
            return Response(json: ["id": .string(id), "object": "conversation.deleted", "deleted": true])
        }
        api.post("/conversations/:id/items") { request, context in try await addItems(request, context) }
        api.get("/conversations/:id/items") { request, context in
            let page = try ListQuery.page(request.uri.queryParameters)
            let conversation = try await conversation(context)
            do {
                let items = try await responses.records.page(
                    page, of: conversation.id, of: conversation.account, .conversation)
                return Response(json: try items.json())
            } catch RecordsError.unknownItem(let id) { throw APIError.unknownItem(id, "after") }
        }
        api.get("/conversations/:id/items/:item") { _, context in
            let conversation = try await conversation(context), id = try id(context, named: "item")
            let items = try await responses.records.items(
                of: conversation.id, of: conversation.account, [.conversation])
            guard let item = items.last(where: { $0.id == id }) else { throw APIError.unknownItem(id) }
            return Response(json: try ResponseBook.json(item.body))
        }
        api.delete("/conversations/:id/items/:item") { _, context in
            let conversation = try await conversation(context), id = try id(context, named: "item")
            do {
                try await responses.records.deleteItem(id, of: conversation.id, of: conversation.account)
            } catch RecordsError.unknownItem { throw APIError.unknownItem(id) }
            return Response(json: try ResponseBook.json(conversation.body))
        }
    }

    /// The conversation that the URL names.
    private func conversation(_ context: FrontContext) async throws -> StoredObject {
        let id = try id(context)
        guard let conversation = try await responses.records.object(id, .conversation, of: account(context)) else {
            throw APIError.unknownConversation(id)
        }
        return conversation
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

    private func updateConversation(_ request: Request, _ context: FrontContext) async throws -> Response {
        let fields = try await fields(of: request, context)
        guard fields.value("metadata") != nil else { throw APIError.missing("metadata") }
        let metadata = try SessionMetadata.read(fields)
        var conversation = try await conversation(context)
        let json = Self.json(conversation.id, created: conversation.created, metadata)
        conversation.body = json.text()
        do {
            try await responses.records.update(conversation, [], dropping: [], adding: nil)
        } catch RecordsError.unknownObject(let id) { throw APIError.unknownConversation(id) }
        return Response(json: json)
    }

    private func addItems(_ request: Request, _ context: FrontContext) async throws -> Response {
        let fields = try await fields(of: request, context), conversation = try await conversation(context)
        guard fields.value("items") != nil else { throw APIError.missing("items") }
        let items = ResponseBook.stored(
            try await newItems(fields, conversation.account), in: .conversation)
        do {
            try await responses.records.update(conversation, items, dropping: [], adding: nil)
        } catch RecordsError.unknownObject(let id) { throw APIError.unknownConversation(id) }
        return Response(json: try ItemPage(items: items, hasMore: false).json())
    }

    /// Most items that one request adds.
    static let itemsMax = 20

    private func newItems(_ fields: RequestFields, _ account: String) async throws -> [ResponseItem] {
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
        return try await responses.resolved(try ResponseInput.read(.array(elements), "items"), account)
    }

    private static func json(_ id: String, created: Int, _ metadata: [String: String]) -> JSONValue {
        let notes = metadata.sorted { $0.key < $1.key }.map {
            JSONValue.Member(name: $0.key, value: .string($0.value))
        }
        return [
            "id": .string(id), "object": "conversation", "created_at": .int(created), "metadata": .object(notes),
        ]
    }
}
