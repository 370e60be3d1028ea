internal import Hummingbird
internal import JSON
internal import Records

/// The endpoints of responses.
extension Front {
    func addResponses(to api: RouterGroup<FrontContext>) {
        addConversations(to: api)
        api.post("/responses") { request, context in try await createResponse(request, context) }
        api.get("/responses/:id") { request, context in try await showResponse(request, context) }
        api.delete("/responses/:id") { _, context in try await deleteResponse(try id(context), account(context)) }
        api.post("/responses/:id/cancel") { _, context in
            try await cancelResponse(try id(context), account(context))
        }
        api.get("/responses/:id/input_items") { request, context in
            let id = try id(context), account = account(context),
                page = try ListQuery.page(request.uri.queryParameters)
            guard try await responses.records.object(id, .response, of: account) != nil else {
                throw APIError.unknownResponse(id)
            }
            do {
                return Response(json: try await responses.records.page(page, of: id, of: account, .input).json())
            } catch RecordsError.unknownItem(let id) { throw APIError.unknownItem(id, "after") }
        }
    }

    private func createResponse(_ request: Request, _ context: FrontContext) async throws -> Response {
        let (response, source) = try await read(request, context) { fields, seed, _ in
            let response = try ResponseRequest(fields, model: generator.model, seed: seed)
            return (response, response.facts.isBackground ? (fields.textWithoutInput, seed) : nil)
        }
        let account = account(context)
        let (earlier, new) = try await responses.items(of: response, account)
        let size = (earlier + new).reduce(response.size) { $0 + $1.size }
        let job = try await inTurn(size, context, context.connection.watch) { cancellation in
            try response.job(earlier + new, earlier: earlier.count, by: prompts(cancellation))
        }
        let format = ResponseFormat(response.facts)
        guard let (fields, seed) = source else {
            let keeper = ResponseKeeper(book: responses, format: format, account: account, input: new)
            return try await answer(
                Order(job: job, format: format, keeper: response.facts.isStored ? keeper : nil), context)
        }
        let answer = Answer(job, in: format, model: generator.model)
        context.record.update { ($0.id, $0.promptTokens) = (answer.id, job.promptTokens) }
        let run = try await begin(
            BackgroundWork(
                job: job, format: format, answer: answer, input: new, owner: account, account: context.account),
            BackgroundRequest(
                fields: fields, seed: seed, fingerprint: generator.model.fingerprint, items: earlier + new,
                earlier: earlier.count))
        guard !job.stream else { return streamed(run.events(after: nil)) }
        return Response(json: format.json(ResponseFacts.State(status: "queued"), of: answer))
    }
}

extension ResponseItem {
    /// About how many bytes of text it has.
    var size: Int {
        switch content {
        case .message(_, let parts): parts.reduce(0) { $0 + $1.text.utf8.count }
        case .call(let call): call.arguments.utf8.count
        case .result(_, .string(let text)): text.utf8.count
        case .result(_, let output): output.text().utf8.count
        case .reasoning(let texts, _): texts.reduce(0) { $0 + $1.utf8.count }
        }
    }
}
