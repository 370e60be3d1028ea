internal import Hummingbird
internal import JSON
internal import Messages
internal import NIOCore
internal import Records
internal import Snapshots

/// Snapshots: a session's state as a file, stored or downloaded.
extension Front {
    func addSnapshots(to api: RouterGroup<FrontContext>) {
        api.post("/sessions/:id/snapshot") { request, context in try await storeSnapshot(request, context) }
        api.get("/sessions/:id/snapshot") { request, context in try await sendSnapshot(request, context) }
    }

    private func storeSnapshot(_ request: Request, _ context: FrontContext) async throws -> Response {
        let priority = try await fields(of: request, context).priority()
        let session = try await sessions.session(try id(context), of: account(context))
        let (state, bytes) = try await withState(of: session, context, priority) { state in
            (state, try await states.file(of: state).byteCount)
        }
        return Response(json: SessionJSON.snapshot(of: session, state, bytes: bytes, generator.model))
    }

    private func sendSnapshot(_ request: Request, _ context: FrontContext) async throws -> Response {
        let session = try await sessions.session(try id(context), of: account(context))
        let share = try SnapshotShare(bodies, bodyOwner(context))
        let file = try await withState(of: session, context) { try await SnapshotDownload($0, states) }
        // A range means something for GET only (RFC 9110, section 14.2).
        let wished = request.method == .get ? request.headers[.range] : nil
        let choice = ByteRange(wished, if: request.headers[.ifRange], tag: file.tag, of: file.byteCount)
        let name = "attachment; filename=\"\(session.facts.id).safetensors\""
        var headers: HTTPFields = [
            .contentType: SnapshotUpload.mediaTypes[0], .contentDisposition: name, .eTag: file.tag,
            .acceptRanges: "bytes", .cacheControl: "no-cache",
        ]
        var (range, status) = (0 ..< file.byteCount, HTTPResponse.Status.ok)
        switch choice {
        case .whole: break
        case .part(let part):
            (range, status) = (part, .partialContent)
            headers[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(file.byteCount)"
        case .unsatisfiable:
            context.record.update { $0.trouble = "range_not_satisfiable" }
            var response = APIError.rangeNotSatisfiable(fileBytes: file.byteCount).response
            response.headers[.contentRange] = "bytes */\(file.byteCount)"
            return response
        }
        let body = ResponseBody(contentLength: range.count) { [range, record = context.record] writer in
            defer { withExtendedLifetime(share) {} }
            var offset = range.lowerBound
            do {
                while offset < range.upperBound {
                    let bytes = try await file.bytes(of: range, at: offset)
                    try await writer.write(ByteBuffer(bytes: bytes))
                    offset += bytes.count
                }
                try await writer.finish(nil)
            } catch let failure as StateFailure {
                // The status is spent: the connection ends before what was announced has come.
                record.update { ($0.trouble, $0.lateStatus) = ("state_gone", 503) }
                throw failure
            }
        }
        return Response(status: status, headers: headers, body: body)
    }

    /// Does something with the state of all of a session's tokens, which is computed where none is kept. One that is
    /// evicted before anything could be done with it is computed once more.
    func withState<R: Sendable>(
        of session: Session, _ context: FrontContext, _ priority: Priority = .normal,
        _ work: (StateID) async throws -> R
    ) async throws -> R {
        let tokens = session.tokens, scope = scopes.scope(of: context.account, salt: nil)
        try requireSnapshot(session, tokens)
        var computations = 0
        while true {
            guard let state = states.state(of: tokens, in: scope) else {
                guard computations < Self.computationsMax else { throw APIError.stateNotKept }
                computations += 1
                var request = GenerationRequest(id: "\(SessionID())-0", prompt: tokens, tokensMax: 0)
                (request.scope, request.priority, request.keepsEnd) = (scope, priority, true)
                try await read(request, context)
                continue
            }
            do { return try await work(state) } catch StateFailure.gone {}
        }
    }

    private static let computationsMax = 2

    private func requireSnapshot(_ session: Session, _ tokens: [Int32]) throws {
        guard !tokens.isEmpty else {
            throw APIError.invalid(
                "session_id", "Session \(session.facts.id) has no tokens, so it has no state.", code: "session_empty")
        }
        try sessions.requireTokenizer(of: session)
        try session.requireTokens(knownTo: generator.model)
        let limit = generator.model.contextLength
        guard tokens.count <= limit else {
            throw APIError.contextExceeded(
                "session_id", contextLength: limit, prompt: tokens.count, answer: 0)
        }
    }
}
