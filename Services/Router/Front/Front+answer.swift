internal import Foundation
internal import Hummingbird
internal import NIOCore

/// The path of a request that generates: body, checks, engine, answer.
extension Front {
    func answer(_ request: Request, _ context: FrontContext, _ read: (RequestFields, UInt64) throws -> Job) async throws -> Response {
        let fields = try RequestFields(try await body(of: request))
        try checkModel(fields)
        let watch = await HangUpHandler.watch(of: context.channel)
        try await generator.admit { !watch.isHungUp }
        let job = try read(fields, .random(in: .min ... .max))
        let answer = Answer(
            id: (job.kind == .chat ? "chatcmpl-" : "cmpl-") + UUID().uuidString.lowercased().filter { $0 != "-" },
            kind: job.kind, model: generator.model, created: Int(Date.now.timeIntervalSince1970),
            includesUsage: job.includeUsage, wantsLogprobs: job.topLogprobs != nil)

        let resources = RunningJob.Resources(generator: generator, tokenizer: tokenizer, metrics: metrics, choicesAtOnce: config.choicesAtOnce, account: context.account)
        let running = RunningJob(job, id: answer.id, on: resources, keepAlive: job.stream ? config.keepAlive : nil)
        context.record.update { $0 = RequestRecord.Fields(id: answer.id, promptTokens: job.promptTokens, tally: running.tally) }
        do {
            return job.stream
                ? try await stream(job, running, answer, watch, context.record)
                : try await whole(job, running, answer, watch)
        } catch where watch.isHungUp {
            throw APIError.clientGone
        }
    }

    /// The body, up to the limit. Longer ones are refused by their announced length, or as soon as they grow too long.
    private func body(of request: Request) async throws -> [UInt8] {
        let limit = config.bodyBytesMax
        if let announced = request.headers[.contentLength].flatMap({ Int($0) }), announced > limit { throw APIError.bodyTooLarge(limit: limit) }
        var bytes: [UInt8] = []
        do {
            for try await buffer in request.body {
                guard bytes.count + buffer.readableBytes <= limit else { throw APIError.bodyTooLarge(limit: limit) }
                bytes.append(contentsOf: buffer.readableBytesView)
            }
        } catch let error as APIError {
            throw error
        } catch {
            throw APIError(message: "The request body is malformed or ends too early.", code: "invalid_body")
        }
        return bytes
    }

    /// A request that names no model means the one that is served.
    private func checkModel(_ fields: RequestFields) throws(APIError) {
        guard let model = try fields.string("model") else { return }
        guard model == generator.model.id else { throw .unknownModel(String(model.prefix(200))) }
    }

    private func whole(_ job: Job, _ running: RunningJob, _ answer: Answer, _ watch: HangUpWatch) async throws -> Response {
        let watching = watch.watch { running.cancel() }
        defer { watch.unwatch(watching) }
        var choices = [Answer.Choice](repeating: Answer.Choice(), count: job.choices.count)
        for try await case .delta(let delta) in running.events { choices[delta.index].add(delta) }
        try Task.checkCancellation()
        metrics.count(promptTokens: job.promptTokens, running.tally)
        return Response(json: answer.whole(choices, usage: Answer.usage(prompt: job.promptTokens, completion: running.tally.tokens)))
    }

    /// Begins a stream once the engine has taken the job: until then a refusal still is a status of its own.
    private func stream(_ job: Job, _ running: RunningJob, _ answer: Answer, _ watch: HangUpWatch, _ record: RequestRecord) async throws -> Response {
        let first = try await firstEvent(running, watch)
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-cache"]
        return Response(status: .ok, headers: headers, body: ResponseBody { writer in
            let watching = watch.watch { running.cancel() }
            defer {
                watch.unwatch(watching)
                metrics.count(promptTokens: job.promptTokens, running.tally)
            }
            var stream = EventStream(answer, choices: job.choices.count)
            do {
                if let first { try await writer.write(ByteBuffer(string: stream.text(for: first))) }
                for try await event in running.events {
                    try await writer.write(ByteBuffer(string: stream.text(for: event)))
                    running.tally.noteSent()
                }
                try Task.checkCancellation()
                let usage = job.includeUsage ? Answer.usage(prompt: job.promptTokens, completion: running.tally.tokens) : nil
                try await writer.write(ByteBuffer(string: stream.end(usage: usage)))
            } catch {
                running.cancel()
                guard !watch.isHungUp, !Task.isCancelled else { throw error }
                let refusal = APIError(wrapping: error)
                record.update { ($0.trouble, $0.lateStatus) = (refusal.code, Int(refusal.status.code)) }
                try await writer.write(ByteBuffer(string: EventStream.failure(refusal)))
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
