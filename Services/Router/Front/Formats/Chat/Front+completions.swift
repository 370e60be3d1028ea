internal import Hummingbird
internal import JSON
internal import Records

/// The endpoints of chat completions that were stored.
extension Front {
    func addStoredCompletions(to api: RouterGroup<FrontContext>) {
        api.get("/chat/completions") { request, context in try await listCompletions(request, context) }
        api.get("/chat/completions/:id") { _, context in
            Response(json: try ResponseBook.json(try await completion(context).body))
        }
        api.post("/chat/completions/:id") { request, context in
            let fields = try await fields(of: request, context)
            guard fields.value("metadata") != nil else { throw APIError.missing("metadata") }
            var completion = try await completion(context)
            let json = StoredCompletion.json(
                try ResponseBook.json(completion.body), metadata: try SessionMetadata.read(fields))
            completion.body = json.text()
            do {
                try await responses.records.update(completion, [], dropping: [], adding: nil)
            } catch RecordsError.unknownObject(let id) { throw StoredCompletion.unknown(id) }
            return Response(json: json)
        }
        api.delete("/chat/completions/:id") { _, context in
            let id = try id(context)
            do {
                try await responses.records.delete(id, .completion, of: account(context))
            } catch RecordsError.unknownObject { throw StoredCompletion.unknown(id) }
            return Response(json: ["object": "chat.completion.deleted", "id": .string(id), "deleted": true])
        }
        api.get("/chat/completions/:id/messages") { request, context in
            let page = try ListQuery.page(request.uri.queryParameters, newestFirst: false)
            let completion = try await completion(context)
            do {
                let items = try await responses.records.page(page, of: completion.id, of: completion.account, .input)
                return Response(json: try items.json(StoredCompletion.message))
            } catch RecordsError.unknownItem(let id) { throw APIError.unknownItem(id, "after") }
        }
    }

    private func completion(_ context: FrontContext) async throws -> StoredObject {
        let id = try id(context)
        guard let completion = try await responses.records.object(id, .completion, of: account(context)) else {
            throw StoredCompletion.unknown(id)
        }
        return completion
    }

    private func listCompletions(_ request: Request, _ context: FrontContext) async throws -> Response {
        let page = try ListQuery.page(request.uri.queryParameters, newestFirst: false)
        do {
            let found = try await responses.records.objects(.completion, of: account(context), page)
            return Response(
                json: [
                    "object": "list", "data": .array(try found.objects.map { try ResponseBook.json($0.body) }),
                    "first_id": .text(found.objects.first?.id), "last_id": .text(found.objects.last?.id),
                    "has_more": .bool(found.hasMore),
                ])
        } catch RecordsError.unknownObject(let id) { throw StoredCompletion.unknown(id).blaming("after") }
    }
}
