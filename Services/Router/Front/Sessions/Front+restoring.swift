internal import Hummingbird
internal import Messages
internal import NIOCore
internal import Records

/// Sessions that begin from the file of a snapshot.
extension Front {
    /// The file goes to the attention service as it comes. The session has the tokens that attention finds in it.
    func restoreSession(_ request: Request, _ context: FrontContext) async throws -> Response {
        let upload = try SnapshotUpload(request.headers, bytesMax: states.fileBytesMax)
        let watch = context.connection.watch
        try await generator.admit { !watch.isHungUp }
        let share = try SnapshotShare(bodies, bodyOwner(context))
        defer { withExtendedLifetime(share) {} }
        let state = try states.expect(in: scopes.scope(of: context.account, salt: nil))
        try await take(upload, of: request, as: state, context)
        do {
            let session = try await restored(state, context)
            return try await shown(session, context)
        } catch {
            await states.drop(state)
            throw error
        }
    }

    private func take(
        _ upload: SnapshotUpload, of request: Request, as state: ArrivingState, _ context: FrontContext
    ) async throws {
        var parts = SnapshotParts()
        do {
            if context.facts.awaitsContinue { try await context.connection.sayContinue() }
            for try await buffer in request.body {
                let full = parts.append(buffer.readableBytesView)
                try upload.check(parts.byteCount)
                for part in full { try await take(part, of: state) }
            }
        } catch {
            throw refusal(of: error)
        }
        guard parts.byteCount > 0 else { throw APIError.invalidSnapshot("the request has no body") }
        try await take(parts.end(), of: state)
    }

    private func take(_ part: ArrivingPart, of state: ArrivingState) async throws(APIError) {
        do { try await states.take(part, of: state) } catch { throw APIError(error) }
    }

    /// - Throws: where the tokens are not this model's, or the session cannot be stored.
    private func restored(_ state: ArrivingState, _ context: FrontContext) async throws -> Session {
        let tokens = try await states.tokens(of: state), model = generator.model
        guard !tokens.isEmpty, tokens.count <= model.contextLength else {
            throw APIError.invalidSnapshot(
                "it has \(tokens.count) tokens, expected 1 to \(model.contextLength), the model's context")
        }
        if let foreign = tokens.first(where: { !model.knows($0) }) {
            throw APIError.invalidSnapshot(
                "it has the token id \(foreign), expected 0 to \(model.vocabularySize - 1)")
        }
        let turn = Session.Turn(role: "prompt", tokens: tokens)
        let session = try await sessions.create([turn], metadata: [:], of: account(context))
        states.learn(state, tokens)
        return session
    }
}
