internal import Hummingbird
internal import JSON
internal import Records

/// The endpoints of responses.
extension Front {
    func addResponses(to api: RouterGroup<FrontContext>) {
        addConversations(to: api)
        api.post("/responses") { request, context in try await createResponse(request, context) }
        api.post("/responses/input_tokens") { request, context in
            Response(
                json: [
                    "object": "response.input_tokens", "input_tokens": .int(try await inputTokens(request, context)),
                ])
        }
        api.get("/responses/:id") { request, context in try await showResponse(request, context) }
        api.delete("/responses/:id") { _, context in
            try await cancelRun(of: try id(context), account(context))
            return try await forget(.response, context)
        }
        api.post("/responses/:id/cancel") { _, context in
            try await cancelResponse(try id(context), account(context))
        }
        api.get("/responses/:id/input_items") { request, context in
            try await listItems(.input, of: try await stored(.response, context), request)
        }
    }

    private func createResponse(_ request: Request, _ context: FrontContext) async throws -> Response {
        switch try await plan(request, context) {
        case .now(let order): return try await answer(order, context)
        case .background(let work, let request):
            context.record.update { ($0.id, $0.promptTokens) = (work.answer.id, work.job.promptTokens) }
            let run = try await begin(work, request, for: bodyOwner(context))
            guard !work.job.stream else { return streamed(run.events(after: nil)) }
            return Response(json: work.format.json(ResponseFacts.State(status: "queued"), of: work.answer))
        }
    }

    /// How many tokens the prompt has that the same request for a response would make. A prompt that does not fit is
    /// counted as well.
    private func inputTokens(_ request: Request, _ context: FrontContext) async throws -> Int {
        let account = account(context), watch = context.connection.watch
        let (response, share) = try await readSharing(request, context, generates: false) { fields, seed, _ in
            try ResponseRequest(fields, model: generator.model, seed: seed)
        }
        let bytesMax = config.bodyBytesMax - share.bytes, loaded = BodyShare(bodies, bodyOwner(context))
        let history = try await whileWanted(watch) {
            try await responses.history(of: response, account, bytesMax: bytesMax)
        }
        try loaded.take(history.bytes)
        let tokens = try await inTurn(response.size + history.bytes, context, watch) { cancellation in
            let earlier = try history.earlierItems(), new = try history.items(of: response.input)
            var prompts = prompts(cancellation)
            prompts.contextLength = .max
            return try response.job(earlier + new, earlier: earlier.count, by: prompts).promptTokens
        }
        withExtendedLifetime((share, loaded)) {}        // until here their bytes count
        return tokens
    }

    /// What a request for a response asks to be done.
    private enum Plan {
        case now(Order)
        case background(BackgroundWork, BackgroundRequest)
    }

    /// Reads a request, and what it goes on from. What of that is needed no longer ends here, before the answer begins.
    private func plan(_ request: Request, _ context: FrontContext) async throws -> Plan {
        let now = ResponseBook.now, account = account(context), watch = context.connection.watch
        let (read, share) = try await readSharing(request, context) { fields, seed, _ in
            let response = try ResponseRequest(fields, model: generator.model, seed: seed)
            return (response: response, source: response.facts.isBackground ? (fields.textWithoutInput, seed) : nil)
        }
        let response = read.response, loaded = BodyShare(bodies, bodyOwner(context))
        // With what was loaded for it, a request is no larger than one that sends all of it.
        let bytesMax = config.bodyBytesMax - share.bytes
        let history = try await whileWanted(watch) {
            try await responses.history(of: response, account, bytesMax: bytesMax)
        }
        try loaded.take(ResponseHistory.bytes(of: history.earlier))
        try share.take(ResponseHistory.bytes(of: history.referred))        // kept with the input
        let (earlier, new, job) = try await inTurn(response.size + history.bytes, context, watch) { cancellation in
            let earlier = try history.earlierItems(), new = try history.items(of: response.input)
            let prompts = prompts(cancellation, now: now)
            return (earlier, new, try response.job(earlier + new, earlier: earlier.count, by: prompts))
        }
        withExtendedLifetime(loaded) {}        // until here its bytes count
        let format = ResponseFormat(response.facts)
        guard let (fields, seed) = read.source else {
            let keeper = SharingKeeper(
                keeper: ResponseKeeper(book: responses, format: format, account: account, input: new), share: share)
            return .now(Order(job: job, format: format, keeper: response.facts.isStored ? keeper : nil))
        }
        return .background(
            BackgroundWork(
                job: job, format: format, answer: Answer(job, in: format, model: generator.model), input: new,
                owner: account, account: context.account, share: share),
            BackgroundRequest(
                fields: fields, seed: seed, now: now, origin: AnswerOrigin(job, generator.model), items: earlier + new,
                earlier: earlier.count))
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
