internal import Foundation
internal import Hummingbird
internal import JSON
internal import NIOCore
internal import Records
internal import Tokenizer

/// The endpoints of sessions.
extension Front {
    func addSessions(to api: RouterGroup<FrontContext>) {
        addSnapshots(to: api)
        api.post("/sessions") { request, context in
            SnapshotUpload.isMeant(by: request.headers)
                ? try await restoreSession(request, context) : try await createSession(request, context)
        }
        api.get("/sessions") { request, context in try await listSessions(request, context) }
        api.get("/sessions/:id") { request, context in
            let details = try SessionQuery.details(request.uri.queryParameters)
            let session = try await sessions.session(try id(context), of: account(context))
            if details.contains(.text) { try sessions.requireTokenizer(of: session) }
            return try await shown(session, context, details)
        }
        api.post("/sessions/:id/fork") { request, context in try await forkSession(request, context) }
        api.post("/sessions/:id/rewind") { request, context in try await rewindSession(request, context) }
        api.post("/sessions/:id/move") { request, context in try await moveSession(request, context) }
        api.delete("/sessions/:id") { _, context in
            let id = try id(context)
            try await sessions.delete(id, of: account(context))
            return Response(json: SessionJSON.deleted(id))
        }
    }

    /// What records call the account of this request: the same after a restart, whatever the order of the keys.
    func account(_ context: FrontContext) -> String { owners.scope(of: context.account, salt: nil).text }

    /// A part of the path, `id` unless another name is given.
    func id(_ context: FrontContext, named name: String = "id") throws -> String {
        let encoded = try context.parameters.require(name)
        return (encoded.removingPercentEncoding ?? encoded).withoutNUL
    }

    /// Stores a session once the model has read it, so that its state is there when it is continued.
    private func createSession(_ request: Request, _ context: FrontContext) async throws -> Response {
        let body = try await body(of: request, context), watch = context.connection.watch
        let creation = try await inTurn(body.bytes.count, context, watch) { [bytes = body.bytes] cancellation in
            let fields = try Self.fields(bytes, generator.model)
            try checkModel(fields)
            return try SessionCreation(
                fields, model: generator.model, tokenizer, config, cancellation)
        }
        withExtendedLifetime(body) {}
        try await prefill(creation, context)
        let session = try await sessions.create(creation.turns, metadata: creation.metadata, of: account(context))
        return try await shown(session, context)
    }

    private func listSessions(_ request: Request, _ context: FrontContext) async throws -> Response {
        let page = try SessionQuery.page(request.uri.queryParameters)
        do {
            return Response(json: SessionJSON.list(try await sessions.list(page, of: account(context))))
        } catch RecordsError.unknown(let id) { throw SessionQuery.unknownPage(id.text) }
    }

    private func forkSession(_ request: Request, _ context: FrontContext) async throws -> Response {
        let fields = try await fields(of: request, context)
        let point = try SessionPoint(fields), metadata = try SessionMetadata.read(fields)
        let session = try await sessions.session(try id(context), of: account(context))
        let fork = try await sessions.fork(session, at: try point.tokens(of: session), metadata: metadata)
        return try await shown(fork, context)
    }

    private func rewindSession(_ request: Request, _ context: FrontContext) async throws -> Response {
        let fields = try await fields(of: request, context), point = try SessionPoint(fields)
        try UnsupportedParameter.ofRewinding.check(fields, of: .chat)
        guard point != .end else { throw APIError.missing("messages") }
        let session = try await sessions.rewind(try id(context), of: account(context)) { try point.tokens(of: $0) }
        return try await shown(session, context)
    }

    /// Moves the state that the session's next request goes on from. Shorter ones along its tokens, which other
    /// sessions may begin from as well, stay where they are.
    private func moveSession(_ request: Request, _ context: FrontContext) async throws -> Response {
        let fields = try await fields(of: request, context)
        let member = try fields.string("to"), priority = try fields.priority()
        let session = try await sessions.resting(try id(context), of: account(context))
        let move = try await withState(of: session, context, priority) { try await states.move($0, to: member) }
        return Response(json: SessionJSON.move(move, of: session))
    }

    func fields(of request: Request, _ context: FrontContext) async throws -> RequestFields {
        let body = try await body(of: request, context)
        return try Self.fields(body.bytes, generator.model)
    }

    /// A request with nothing to say may have no body.
    private static func fields(_ bytes: [UInt8], _ model: ServedModel) throws(APIError) -> RequestFields {
        try RequestFields(bytes.isEmpty ? Array("{}".utf8) : bytes, contextLength: model.contextLength)
    }

    func shown(
        _ session: Session, _ context: FrontContext, _ details: Set<SessionJSON.Detail> = []
    ) async throws -> Response {
        let scope = scopes.scope(of: context.account, salt: nil)
        // Where attention does not answer, the session is there all the same.
        let kept = try? await states.states(along: session.tokens, in: scope)
        let parents = try await sessions.parents(of: session)
        return Response(
            json: SessionJSON.whole(session, parents: parents, states: kept, details: details) {
                tokenizer.decode($0, skippingSpecial: false)
            })
    }

    /// Has the model read a session's tokens.
    private func prefill(_ creation: SessionCreation, _ context: FrontContext) async throws {
        guard !creation.tokens.isEmpty else { return }
        var request = GenerationRequest(id: "\(SessionID())-0", prompt: creation.tokens, tokensMax: 0)
        request.scope = scopes.scope(of: context.account, salt: creation.prefix.salt)
        request.reusesPrefix = creation.prefix.reuses
        request.priority = creation.priority
        try await read(request, context)
    }
}

extension String {
    /// An id that nobody has in the place of one with a NUL, which the records would take for its end.
    var withoutNUL: String { replacing("\0", with: "\u{FFFD}") }
}
