internal import Foundation
internal import Hummingbird
internal import JSON
internal import Records

/// The endpoints of chat completions that were stored.
extension Front {
    func addStoredCompletions(to api: RouterGroup<FrontContext>) {
        api.get("/chat/completions") { request, context in try await listCompletions(request, context) }
        api.get("/chat/completions/:id") { _, context in try await show(.completion, context) }
        api.post("/chat/completions/:id") { request, context in try await annotate(.completion, request, context) }
        api.delete("/chat/completions/:id") { _, context in try await forget(.completion, context) }
        api.get("/chat/completions/:id/messages") { request, context in
            try await listItems(
                .input, of: try await stored(.completion, context), request, newestFirst: false,
                StoredCompletion.message)
        }
    }

    private func listCompletions(_ request: Request, _ context: FrontContext) async throws -> Response {
        let query = request.uri.queryParameters
        for name in query.map({ $0.key.removingPercentEncoding ?? String($0.key) })
        where name == "model" || name.hasPrefix("metadata[") {
            let reason = "the list has all of the account's chat completions."
            throw APIError.notSupported(name, "'\(name.echoed)' is not supported: \(reason)")
        }
        let page = try ListQuery.page(query, newestFirst: false)
        do {
            let found = try await responses.records.objects(.completion, of: account(context), page)
            return Response(json: try found.json(id: \.id) { try ResponseBook.json($0.body) })
        } catch RecordsError.unknownObject(let id) { throw APIError.unknownCompletion(id).blaming("after") }
    }
}
