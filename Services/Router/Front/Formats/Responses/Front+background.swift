internal import Hummingbird
internal import JSON
internal import Logging
internal import NIOCore
internal import Records

/// Responses that are made in the background.
extension Front {
    /// A response at work: what is made, and for whom.
    struct BackgroundWork: Sendable {
        let job: Job
        let format: ResponseFormat
        let answer: Answer
        let input: [ResponseItem]
        /// As records call it.
        let owner: String
        /// The index of its API key.
        let account: Int
    }

    /// Stores what is asked for, and begins with it.
    func begin(_ work: BackgroundWork, _ request: BackgroundRequest) async throws -> BackgroundRun {
        let answer = work.answer
        guard let run = background.add(answer.id) else {
            throw APIError(
                GenerationError.overloaded("Too many responses are made in the background.", retryAfter: .seconds(5)))
        }
        let queued = work.format.json(ResponseFacts.State(status: "queued"), of: answer)
        let object = StoredObject(queued, of: answer, work.format.facts, work.owner, isOpen: true)
        do {
            try await responses.records.create(
                object, ResponseBook.stored(work.input, in: .input) + [request.stored], adding: nil)
        } catch {
            background.remove(answer.id)
            throw error
        }
        run.start { run in
            await make(work, run)
            background.remove(answer.id)
        }
        return run
    }

    /// Makes a response, as often as it takes.
    private func make(_ work: BackgroundWork, _ run: BackgroundRun) async {
        var pause = Duration.seconds(1)
        while true {
            do { return try await attempt(work, run) } catch {
                if run.isCancelled {
                    return await finish(work, run, ResponseFacts.State(status: "cancelled"), "")
                }
                if Task.isCancelled { return }
                guard Self.isPassing(error) else {
                    var stream = ResponseStream(work.format, work.answer)
                    stream.skip(to: run.told.count)
                    let refusal = APIError(wrapping: error), position = stream.events
                    let end = stream.failure(refusal)
                    await finish(work, run, ResponseFacts.State(status: "failed", error: refusal), end)
                    return run.tell(end, at: position)
                }
            }
            run.tell(comment: ": keep-alive\n\n")
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(30))
        }
    }

    /// Whether the same request may succeed later.
    private static func isPassing(_ error: any Error) -> Bool {
        switch error {
        case GenerationError.unavailable, GenerationError.overloaded, GenerationError.lost, is CancellationError: true
        default: false
        }
    }

    private func attempt(_ work: BackgroundWork, _ run: BackgroundRun) async throws {
        let job = work.job, answer = work.answer
        var stream = ResponseStream(work.format, answer), choice = Answer.Choice()
        run.tell(stream.opening(), at: 0)
        let running = RunningJob(
            job, id: answer.id, on: resources(for: job, work.account), keepAlive: config.keepAlive)
        for try await event in running.events {
            guard case .delta(let delta) = event else {
                run.tell(comment: stream.keepAlive)
                running.tally.noteSent()
                continue
            }
            run.noteBegin()
            choice.add(delta)
            let position = stream.events
            run.tell(stream.text(for: delta), at: position)
            running.tally.noteSent()
        }
        try Task.checkCancellation()
        metrics.count(promptTokens: job.promptTokens, running.tally)
        let usage = running.tally.usage(of: job), position = stream.events
        let end = stream.end(usage: usage)
        try await store(
            work, run, work.format.json(choice, of: answer, usage: usage),
            output: work.format.items(choice, of: answer), end)
        run.tell(end, at: position)
    }

    /// Stores a response that has no answer. Where that fails it is made once more after the next start.
    private func finish(_ work: BackgroundWork, _ run: BackgroundRun, _ state: ResponseFacts.State, _ end: String) async
    {
        // The task may be cancelled, and must not keep this from being stored.
        await Task {
            try? await store(work, run, work.format.json(state, of: work.answer), output: [], end)
        }.value
    }

    private func store(
        _ work: BackgroundWork, _ run: BackgroundRun, _ response: JSONValue, output: [ResponseItem], _ end: String
    ) async throws {
        let object = StoredObject(response, of: work.answer, work.format.facts, work.owner)
        let events = StoredItem(id: "", list: .events, body: run.told.joined() + end)
        // What has no answer is no part of a conversation.
        let addition = output.isEmpty ? nil : work.format.facts.addition(work.input + output)
        do {
            try await responses.records.update(
                object, ResponseBook.stored(output, in: .output) + [events], dropping: [.request], adding: addition)
        } catch RecordsError.unknownObject(let id) where id == object.id {}        // it was deleted meanwhile
    }
}

/// Responses that the last process of this router had begun.
extension Front {
    /// Goes on with the responses that were being made in the background when the router ended.
    func resumeResponses(_ logger: Logger) async {
        do {
            for object in try await responses.records.openObjects() where object.kind == .response {
                guard let run = background.add(object.id) else { break }
                logger.info("a response in the background goes on", metadata: ["request.id": "\(object.id)"])
                run.start { run in
                    await resume(object, run)
                    background.remove(object.id)
                }
            }
        } catch {
            logger.error("responses in the background do not go on", metadata: ["error": "\(error)"])
        }
    }

    private func resume(_ object: StoredObject, _ run: BackgroundRun) async {
        do {
            let work = try await work(object)
            await make(work, run)
        } catch {
            // What it was asked can be read no more.
            guard !Task.isCancelled, !(error is RecordsError) else { return }
            await fail(object, APIError(wrapping: error))
        }
    }

    private func work(_ object: StoredObject) async throws -> BackgroundWork {
        let items = try await responses.records.items(of: object.id, of: object.account, [.request, .input])
        guard let stored = items.first(where: { $0.list == .request }) else { throw APIError.internalError }
        let request = try BackgroundRequest(stored)
        guard let account = account(named: object.account) else {
            throw APIError.wrongKey("The API key of the response is no longer known.")
        }
        let response = try request.response(for: generator.model)
        let job = try await largeRequests.run(for: account) { cancellation in
            try response.job(request.items, earlier: request.earlier, by: prompts(cancellation))
        }
        let format = ResponseFormat(response.facts)
        let answer = Answer(
            id: object.id, code: String(object.id.dropFirst(format.idPrefix.count)), job: job, model: generator.model,
            created: object.created)
        return BackgroundWork(
            job: job, format: format, answer: answer,
            input: try items.filter { $0.list == .input }.map(ResponseBook.item), owner: object.account,
            account: account)
    }

    /// The index of the API key that records call so.
    private func account(named owner: String) -> Int? {
        (0 ..< max(1, config.apiKeys.count)).first { owners.scope(of: $0, salt: nil).text == owner }
    }

    private func fail(_ object: StoredObject, _ error: APIError) async {
        guard case .object(let members)? = try? ResponseBook.json(object.body) else { return }
        let failed = members.map { member in
            switch member.name {
            case "status": JSONValue.Member(name: "status", value: "failed")
            case "error":
                JSONValue.Member(
                    name: "error", value: ["code": "server_error", "message": .string(error.message)])
            default: member
            }
        }
        var object = object
        (object.body, object.isOpen) = (JSONValue.object(failed).text(), false)
        try? await responses.records.update(object, [], dropping: [.request], adding: nil)
    }
}

/// The endpoints of responses in the background.
extension Front {
    /// Events as they come.
    func streamed(_ events: AsyncStream<String>) -> Response {
        Response(
            status: .ok, headers: Self.eventHeaders,
            body: ResponseBody { writer in
                for await event in events { try await writer.write(ByteBuffer(string: event)) }
                try await writer.finish(nil)
            })
    }

    /// A response as it is now, or its events.
    func showResponse(_ request: Request, _ context: FrontContext) async throws -> Response {
        let id = try id(context), query = request.uri.queryParameters
        let after = try ListQuery.integer("starting_after", query, in: ListQuery.eventNumbers)
        // Looked for before the record, since it ends after that says so.
        let run = background.run(id)
        let (object, json) = try await responses.response(id, account(context))
        guard try ListQuery.stream(query) else {
            return Response(
                json: run?.hasBegun == true && object.isOpen ? json.replacing("status", "in_progress") : json)
        }
        if let run { return streamed(run.events(after: after)) }
        guard let stored = try await responses.records.items(of: id, of: object.account, [.events]).first else {
            throw APIError.invalid(
                "stream", "Response cannot be streamed because it was not created with background=true.",
                code: "invalid_value")
        }
        let text = BackgroundEvents.behind(after, BackgroundEvents.events(stored.body)).joined()
        return Response(
            status: .ok, headers: Self.eventHeaders, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    func cancelResponse(_ id: String, _ account: String) async throws -> Response {
        let run = background.run(id)
        var (object, json) = try await responses.response(id, account)
        guard json["background"] == true else {
            throw APIError.invalid("response_id", "Cannot cancel a synchronous response.", code: "invalid_value")
        }
        if let run {
            await run.cancel()
            json = try await responses.response(id, account).json
        } else if object.isOpen {
            // Nobody here is at work on it.
            json = json.replacing("status", "cancelled")
            (object.body, object.isOpen) = (json.text(), false)
            try await responses.records.update(object, [], dropping: [.request], adding: nil)
        }
        return Response(json: json)
    }

    func deleteResponse(_ id: String, _ account: String) async throws -> Response {
        if let run = background.run(id), try await responses.records.object(id, .response, of: account) != nil {
            await run.cancel()
        }
        do {
            try await responses.records.delete(id, .response, of: account)
        } catch RecordsError.unknownObject { throw APIError.unknownResponse(id) }
        return Response(json: ["id": .string(id), "object": "response", "deleted": true])
    }
}

extension JSONValue {
    /// An object with another value for one of its members.
    fileprivate func replacing(_ name: String, _ value: JSONValue) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members.map { $0.name == name ? Member(name: name, value: value) : $0 })
    }
}
