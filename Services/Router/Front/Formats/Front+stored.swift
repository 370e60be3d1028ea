internal import Hummingbird
internal import JSON
internal import Logging
internal import Records

/// What the endpoints of one kind of stored objects tell of it.
struct StoredKind: Sendable {
    let kind: StoredObject.Kind
    /// What a deleted one is called.
    let deleted: String
    /// What is answered where there is none of an id, or it is somebody else's.
    let unknown: @Sendable (String) -> APIError

    static let response = StoredKind(kind: .response, deleted: "response") { .unknownResponse($0) }
    static let conversation = StoredKind(kind: .conversation, deleted: "conversation.deleted") {
        .unknownConversation($0)
    }
    static let completion = StoredKind(kind: .completion, deleted: "chat.completion.deleted") {
        .unknownCompletion($0)
    }
}

/// What the endpoints of all kinds of stored objects do.
extension Front {
    /// The object that the URL names.
    func stored(_ kind: StoredKind, _ context: FrontContext) async throws -> StoredObject {
        let id = try id(context)
        guard let object = try await responses.records.object(id, kind.kind, of: account(context)) else {
            throw kind.unknown(id)
        }
        return object
    }

    /// Shows what was stored.
    func show(_ kind: StoredKind, _ context: FrontContext) async throws -> Response {
        Response(json: try ResponseBook.json(try await stored(kind, context).body))
    }

    /// Replaces the notes of the object that the URL names.
    func annotate(_ kind: StoredKind, _ request: Request, _ context: FrontContext) async throws -> Response {
        let fields = try await fields(of: request, context)
        guard fields.value("metadata") != nil else { throw APIError.missing("metadata") }
        let metadata = try SessionMetadata.read(fields)
        var object = try await stored(kind, context)
        let json = try ResponseBook.json(object.body).replacing("metadata", .notes(metadata))
        object.body = json.text()
        do {
            try await responses.records.update(object, [], dropping: [], adding: nil)
        } catch RecordsError.unknownObject(let id) { throw kind.unknown(id) }
        return Response(json: json)
    }

    /// Forgets the object that the URL names.
    func forget(_ kind: StoredKind, _ context: FrontContext) async throws -> Response {
        let id = try id(context)
        do {
            try await responses.records.delete(id, kind.kind, of: account(context))
        } catch RecordsError.unknownObject { throw kind.unknown(id) }
        return Response(json: ["id": .string(id), "object": .string(kind.deleted), "deleted": true])
    }

    /// Lists items of an object, page by page.
    func listItems(
        _ list: StoredItem.List, of object: StoredObject, _ request: Request, newestFirst: Bool = true,
        _ item: (StoredItem) throws -> JSONValue = { try ResponseBook.json($0.body) }
    ) async throws -> Response {
        let page = try ListQuery.page(request.uri.queryParameters, newestFirst: newestFirst)
        do {
            let items = try await responses.records.page(page, of: object.id, of: object.account, list)
            return Response(json: try items.json(item))
        } catch RecordsError.unknownItem(let id) { throw APIError.unknownItem(id, "after") }
    }
}

/// How long what is stored is kept.
extension Front {
    /// Forgets responses and chat completions that are older than they may be, at once and every hour, some at a time
    /// so that others can write meanwhile. Ends with its task.
    func forgetOld(_ logger: Logger) async {
        guard config.storedDays > 0 else { return }
        while !Task.isCancelled {
            do {
                let count = try await forgetOnce()
                if count > 0 { logger.info("old responses are forgotten", metadata: ["count": "\(count)"]) }
            } catch is CancellationError { return } catch {
                logger.warning("old responses cannot be forgotten now", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(3600))
        }
    }

    /// - Returns: how many have gone.
    private func forgetOnce() async throws -> Int {
        let moment = ResponseBook.now - config.storedDays * 86_400
        var sum = 0
        while true {
            let count = try await responses.records.expire(before: moment, countMax: Self.forgottenAtOnce)
            sum += count
            guard count == Self.forgottenAtOnce else { return sum }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private static let forgottenAtOnce = 100
}
