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
        /// Of the memory for requests: the end of the response repeats what its request said.
        let share: BodyShare
    }

    /// Stores what is asked for, and begins with it.
    func begin(
        _ work: BackgroundWork, _ request: BackgroundRequest, for client: BodyBudget.Owner
    ) async throws -> BackgroundRun {
        let answer = work.answer, run = try background.add(answer.id, for: client)
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
        var pauses = Pauses()
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
            try? await pauses.wait()
        }
    }

    /// Whether the same request may succeed later.
    private static func isPassing(_ error: any Error) -> Bool {
        switch error {
        case GenerationError.unavailable, GenerationError.overloaded, GenerationError.lost, is CancellationError,
            RecordsError.unavailable:
            true
        case let error as APIError: error.retryAfter != nil
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

    /// Stores a response that has no answer.
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
        try await storing(run) {
            do {
                try await responses.records.update(
                    object, ResponseBook.stored(output, in: .output) + [events], dropping: [.request], adding: addition)
            } catch RecordsError.unknownObject(let id) {
                // It was deleted meanwhile; or its conversation was.
                if id != object.id { throw APIError.unknownConversation(id) }
            }
        }
    }

    /// Stores something about a response, as soon as the records can: until then clients are told that it is at work,
    /// and the next router would go on with it.
    private func storing(_ run: BackgroundRun, _ work: () async throws -> Void) async throws {
        var pauses = Pauses()
        while true {
            do { return try await work() } catch RecordsError.unavailable where !run.isStopped {
                try await pauses.wait()
            }
        }
    }
}

/// How long to wait before something is tried again: ever longer, up to half a minute.
private struct Pauses {
    private var next = Duration.seconds(1)

    mutating func wait() async throws {
        defer { next = min(next * 2, .seconds(30)) }
        try await Task.sleep(for: next)
    }
}

/// Responses that the last process of this router had begun.
extension Front {
    /// Goes on with the responses that were being made in the background when the router ended.
    ///
    /// - Throws: `RecordsError` where it cannot be known which.
    func resumeResponses(_ logger: Logger) async throws {
        for name in try await responses.records.openResponses() {
            guard let run = background.resume(name.id, for: .key(account(named: name.account) ?? 0)) else { return }
            logger.info("a response in the background goes on", metadata: ["request.id": "\(name.id)"])
            run.start { run in
                await resume(name, run)
                background.remove(name.id)
            }
        }
    }

    private func resume(_ name: ObjectName, _ run: BackgroundRun) async {
        var pauses = Pauses()
        while !run.isCancelled {
            do {
                guard let work = try await work(name) else { return }        // it was deleted meanwhile
                return await make(work, run)
            } catch {
                if run.isStopped { return }
                guard run.isCancelled || Self.isPassing(error) else {
                    return await end(name, run, "failed", APIError(wrapping: error))
                }
            }
            run.tell(comment: ": keep-alive\n\n")
            try? await pauses.wait()
        }
        await end(name, run, "cancelled", nil)
    }

    /// - Returns: nil where the response is over, or gone.
    private func work(_ name: ObjectName) async throws -> BackgroundWork? {
        let object = try await responses.records.object(name.id, .response, of: name.account)
        guard let object, object.isOpen else { return nil }
        guard let account = account(named: name.account) else {
            throw APIError.wrongKey("The API key of the response is no longer known.")
        }
        let items = try await responses.records.items(of: name.id, of: name.account, [.request, .input])
        guard let stored = items.first(where: { $0.list == .request }) else { throw APIError.internalError }
        let share = BodyShare(bodies, .key(account))
        try share.take(min(stored.body.utf8.count, config.bodyBytesMax))
        let (response, job, input) = try await largeRequests.run(for: account) { cancellation in
            let request = try BackgroundRequest(stored)
            let (response, job) = try request.response(
                for: generator.model, by: prompts(cancellation, now: request.now))
            return (response, job, try items.filter { $0.list == .input }.map(ResponseBook.item))
        }
        let format = ResponseFormat(response.facts)
        let answer = Answer(
            id: name.id, code: String(name.id.dropFirst(format.idPrefix.count)), job: job, model: generator.model,
            created: object.created)
        return BackgroundWork(
            job: job, format: format, answer: answer, input: input, owner: name.account, account: account, share: share)
    }

    /// The index of the API key that records call so.
    private func account(named owner: String) -> Int? {
        (0 ..< max(1, config.apiKeys.count)).first { owners.scope(of: $0, salt: nil).text == owner }
    }

    /// Ends a response of which only the record is known, and tells its readers.
    private func end(_ name: ObjectName, _ run: BackgroundRun, _ status: String, _ error: APIError?) async {
        // The task may be cancelled, and must not keep this from being stored.
        await Task {
            try? await storing(run) {
                let object = try await responses.records.object(name.id, .response, of: name.account)
                guard let object, object.isOpen else { return }
                run.tell(try await end(object, status, error).events, at: 0)
            }
        }.value
    }

    /// Ends a response of which only the record is known.
    private func end(
        _ object: StoredObject, _ status: String, _ error: APIError?
    ) async throws -> (json: JSONValue, events: String) {
        let queued = try ResponseBook.json(object.body)
        let json = queued.replacing("status", .string(status)).replacing(
            "error", error.map(ResponseFacts.error) ?? .null)
        let events = ResponseStream.events(queued, json, error)
        var object = object
        (object.body, object.isOpen) = (json.text(), false)
        try await responses.records.update(
            object, [StoredItem(id: "", list: .events, body: events)], dropping: [.request], adding: nil)
        return (json, events)
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
        let text = try await inTurn(stored.body.utf8.count, context, context.connection.watch) { _ in
            BackgroundEvents.rest(from: after.map { $0 + 1 } ?? 0, BackgroundEvents.events(stored.body)).joined()
        }
        return Response(
            status: .ok, headers: Self.eventHeaders, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    func cancelResponse(_ id: String, _ account: String) async throws -> Response {
        guard try await responses.response(id, account).json["background"] == true else {
            throw APIError.invalid("response_id", "Cannot cancel a synchronous response.", code: "invalid_value")
        }
        let hasEnded = try await cancelRun(of: id, account)
        let (object, json) = try await responses.response(id, account)
        guard object.isOpen else { return Response(json: json) }
        guard hasEnded else { throw APIError.notReady("The end of the response cannot be stored at this moment.") }
        // Nobody here is at work on it.
        return Response(json: try await end(object, "cancelled", nil).json)
    }

    /// Ends the work on a response, if there is any.
    ///
    /// - Returns: false where its end could not be stored yet.
    @discardableResult func cancelRun(of id: String, _ account: String) async throws -> Bool {
        guard let run = background.run(id), try await responses.records.object(id, .response, of: account) != nil else {
            return true
        }
        return await run.cancel()
    }
}
