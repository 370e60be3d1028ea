internal import Hummingbird
internal import JSON
internal import NIOCore
internal import Tensors

/// The path of a request that generates: body, checks, engine, answer.
extension Front {
    func answer(
        _ request: Request, _ context: FrontContext, _ reading: @escaping Reading<Order>
    ) async throws -> Response {
        try await answer(try await order(request, context, reading), context)
    }

    /// The share of a request that nobody keeps ends here, before the answer begins.
    private func order(
        _ request: Request, _ context: FrontContext, _ reading: @escaping Reading<Order>
    ) async throws -> Order {
        var (order, share) = try await readSharing(request, context, reading)
        order.keeper = order.keeper.map { SharingKeeper(keeper: $0, share: share) }
        return order
    }

    /// What an endpoint makes of its parameters, a seed for requests that bring none, and a flag to look at in long
    /// work.
    typealias Reading<Value> = @Sendable (RequestFields, UInt64, CancellationFlag) throws -> Value

    /// Reads the body of a request that the tokenizer or the model is needed for.
    ///
    /// - Parameter generates: whether the model is needed, which is waited for.
    func read<Value: Sendable>(
        _ request: Request, _ context: FrontContext, generates: Bool = true, _ reading: @escaping Reading<Value>
    ) async throws -> Value {
        try await readSharing(request, context, generates: generates, reading).value
    }

    /// The same, with the body's share of memory, for whoever keeps what it said for longer.
    func readSharing<Value: Sendable>(
        _ request: Request, _ context: FrontContext, generates: Bool = true, _ reading: @escaping Reading<Value>
    ) async throws -> (value: Value, share: BodyShare) {
        let body = try await body(of: request, context), size = body.bytes.count
        let watch = context.connection.watch
        if generates { try await generator.admit { !watch.isHungUp } }
        // What is read takes many times the memory of the body, so of large requests one at a time is read, from its
        // bytes to its tokens.
        let value = try await inTurn(size, context, watch) {
            [bytes = body.bytes, record = context.record] cancellation in
            let fields = try RequestFields(bytes, contextLength: generator.model.contextLength)
            record.update { $0.user = Self.user(fields) }
            try checkModel(fields)
            let value = try reading(fields, .random(in: .min ... .max), cancellation)
            metrics.unknownParameters.count(UnsupportedParameter.unknown(fields))
            return value
        }
        return (value, body.share)
    }

    func answer(_ order: Order, _ context: FrontContext) async throws -> Response {
        let watch = context.connection.watch, format = order.format
        let job = try await continuing(order.job, account(context))
        let answer = Answer(job, in: format, model: generator.model)
        guard !watch.isHungUp else {        // nobody would read the answer
            job.exchange?.end()
            throw APIError.clientGone
        }
        let running = RunningJob(
            job, id: answer.id, on: resources(for: job, context.account), keepAlive: job.stream ? config.keepAlive : nil
        )
        context.record.update { ($0.id, $0.promptTokens, $0.tally) = (answer.id, job.promptTokens, running.tally) }
        do {
            return job.stream
                ? try await stream(running, format, answer, watch, context.record, order.keeper)
                : try await whole(running, format, answer, watch, order.keeper)
        } catch {
            job.exchange?.end()        // what has no answer has changed nothing
            throw watch.isHungUp ? APIError.clientGone : error
        }
    }

    /// What a job of an account runs on.
    func resources(for job: Job, _ account: Int) -> RunningJob.Resources {
        RunningJob.Resources(
            generator: generator, tokenizer: tokenizer, metrics: metrics, choicesAtOnce: config.choicesAtOnce,
            account: account, scope: scopes.scope(of: account, salt: job.prefix.salt))
    }

    static let eventHeaders: HTTPFields = [
        .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-cache",
        // nginx and others behind it hold answers back unless told not to.
        .accelBuffering: "no",
    ]

    /// Whom the client says it asks for, for the log.
    private static func user(_ fields: RequestFields) -> String? {
        guard case .string(let user) = fields.value("user") ?? fields.value("safety_identifier") else { return nil }
        return user.echoed
    }

    /// Does what takes long for a large request: at once where it is small, else where it holds up nobody and for as
    /// long as the client is there.
    func inTurn<R: Sendable>(
        _ bytes: Int, _ context: FrontContext, _ watch: HangUpWatch,
        _ work: @escaping @Sendable (CancellationFlag) throws -> R
    ) async throws -> R {
        guard bytes >= LargeRequests.bytesMin else { return try work(CancellationFlag()) }
        let client = config.apiKeys.isEmpty ? context.connection.clientNetwork.hashValue : context.account
        let task = Task { try await largeRequests.run(for: client, work) }
        let watching = watch.watch { task.cancel() }
        defer { watch.unwatch(watching) }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch  where watch.isHungUp {
            throw APIError.clientGone
        }
    }

    /// A request that names no model means the one that is served.
    func checkModel(_ fields: RequestFields) throws(APIError) {
        guard let model = try fields.string("model") else { return }
        guard model.hasBytes(of: generator.model.id) else { throw .unknownModel(model) }
    }

    private func whole(
        _ running: RunningJob, _ format: any AnswerFormat, _ answer: Answer, _ watch: HangUpWatch,
        _ keeper: (any AnswerKeeper)?
    ) async throws -> Response {
        let job = answer.job, watching = watch.watch { running.cancel() }
        defer { watch.unwatch(watching) }
        var choices = [Answer.Choice](repeating: Answer.Choice(), count: job.choices.count)
        for try await case .delta(let delta) in running.events { choices[delta.index].add(delta) }
        try Task.checkCancellation()
        metrics.count(promptTokens: job.promptTokens, running.tally)
        var answer = answer
        answer.note(running.tally.promptLogprobs, tokenizer)
        let best = job.best(of: choices), usage = running.tally.usage(of: job)
        // The session last: where either cannot be stored, it is as it was.
        try await keeper?.keep(best, of: answer, usage: usage)
        try await store(job, running.tally)
        return Response(json: format.whole(best, of: answer, usage: usage))
    }

    /// Begins a stream once the engine has taken the job: until then a refusal still is a status of its own.
    private func stream(
        _ running: RunningJob, _ format: any AnswerFormat, _ answer: Answer, _ watch: HangUpWatch,
        _ record: RequestRecord, _ keeper: (any AnswerKeeper)?
    ) async throws -> Response {
        let job = answer.job
        let first = try await firstEvent(running, watch)
        return Response(
            status: .ok, headers: Self.eventHeaders,
            body: ResponseBody { writer in
                let watching = watch.watch { running.cancel() }
                defer {
                    watch.unwatch(watching)
                    metrics.count(promptTokens: job.promptTokens, running.tally)
                }
                var stream = format.stream(of: answer)
                var kept = KeptAnswer(keeper, of: answer)
                do {
                    if let first {
                        kept.add(first)
                        try await writer.write(ByteBuffer(string: stream.text(for: first)))
                        running.tally.noteSent()
                    }
                    for try await event in running.events {
                        kept.add(event)
                        try await writer.write(ByteBuffer(string: stream.text(for: event)))
                        running.tally.noteSent()
                    }
                    try Task.checkCancellation()
                    let usage = running.tally.usage(of: job)
                    try await kept.keep(usage)
                    try await store(job, running.tally)
                    let end = stream.end(usage: usage)
                    try await writer.write(ByteBuffer(string: end))
                } catch {
                    running.cancel()
                    guard !watch.isHungUp, !Task.isCancelled else {
                        // The client has seen a part of it, unless there is none.
                        if !running.tally.written.tokens.isEmpty { try await store(job, running.tally) }
                        job.exchange?.end()
                        throw error
                    }
                    job.exchange?.end()
                    let refusal = APIError(wrapping: error)
                    record.update { ($0.trouble, $0.lateStatus) = (refusal.code, Int(refusal.status.code)) }
                    try await writer.write(ByteBuffer(string: stream.failure(refusal)))
                }
                try await writer.finish(nil)
            })
    }

    private func firstEvent(_ running: RunningJob, _ watch: HangUpWatch) async throws -> RunningJob.Event? {
        let watching = watch.watch { running.cancel() }
        defer { watch.unwatch(watching) }
        var events = running.events.makeAsyncIterator()
        return try await events.next()
    }
}
