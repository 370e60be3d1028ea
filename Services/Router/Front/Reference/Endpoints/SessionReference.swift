internal import JSON

/// Sessions and their snapshots, which are our own.
enum SessionReference: DocumentedFamily {
    private static let session = Schema.named("Session")
    private static let one = Endpoints.sessions + "/{id}"
    private static let id = DocumentedEndpoint.Parameter.path("id", "Of a session.")

    static func endpoints(_ facts: ReferenceFacts) -> [DocumentedEndpoint] {
        let snapshots = SnapshotUpload.mediaTypes.map { ($0, Schema.bytes) }
        return [
            DocumentedEndpoint(
                method: .post, path: Endpoints.sessions, group: .sessions, summary: "Makes a session.",
                text: "Of messages, of a prompt, of nothing, or of a snapshot's file as the body.",
                body: .init(
                    forms: [("application/json", .named("SessionRequest"))] + snapshots,
                    example: ["messages": [["role": "user", "content": "Who are you?"]]], isRequired: false),
                answers: [.json(session, "The session.")], refusals: [404, 504]),
            DocumentedEndpoint(
                method: .get, path: Endpoints.sessions, group: .sessions, summary: "Lists sessions.",
                parameters: DocumentedEndpoint.Parameter.page(of: "sessions"),
                answers: [.json(CommonReference.list(of: .named("SessionFacts")), "Some of them.")],
                refusals: [404, 503]),
            DocumentedEndpoint(
                method: .get, path: one, group: .sessions, summary: "Shows a session.",
                parameters: [
                    id,
                    .query(
                        "include",
                        Schema.string.matching("^,*((\(detailNames.joined(separator: "|")))(,+|$))*$"),
                        "What else it tells, separated by commas: \(detailNames.joined(separator: ", "))."),
                ],
                answers: [.json(session, "The session.")], refusals: [409, 503]),
            DocumentedEndpoint(
                method: .delete, path: one, group: .sessions, summary: "Forgets it.", parameters: [id],
                answers: [.json(CommonReference.deleted("session.deleted"), "It is gone.")], refusals: [409, 503]),
        ] + work + snapshotEndpoints
    }

    private static let detailNames = SessionJSON.Detail.allCases.map(\.rawValue)

    private static let place: [Field] = [
        Field("messages", .integer(in: SessionPoint.range), "Behind so many of its messages."),
        Field("tokens", .integer(in: SessionPoint.range), "Behind so many of its tokens, in the place of the former."),
    ]

    private static var work: [DocumentedEndpoint] {
        [
            DocumentedEndpoint(
                method: .post, path: one + "/fork", group: .sessions, summary: "Makes another that begins like it.",
                parameters: [id],
                body: .json(.request(place + [CommonReference.metadata]), example: [:], isRequired: false),
                answers: [.json(session, "The new session.")], refusals: [409]),
            DocumentedEndpoint(
                method: .post, path: one + "/rewind", group: .sessions, summary: "Cuts off its end.",
                text: "One of `messages` and `tokens` is needed.", parameters: [id],
                body: .json(
                    .request(place, refused: [UnsupportedParameter.ofRewinding]), example: ["messages": 0]),
                answers: [.json(session, "What is left of it.")], refusals: [409]),
            DocumentedEndpoint(
                method: .post, path: one + "/move", group: .sessions,
                summary: "Moves its state to another attention service.", parameters: [id],
                body: .json(
                    .request([Field("to", .string, "The service's name; without one, any other.")] + priority),
                    example: [:], isRequired: false),
                answers: [.json(.named("SessionMove"), "Where it is.")], refusals: [409, 504]),
        ]
    }

    private static let priority = CommonReference.scheduling.filter { $0.name == "priority" }

    private static var snapshotEndpoints: [DocumentedEndpoint] {
        let file = [(SnapshotUpload.mediaTypes[0], Schema.bytes)]
        return [
            DocumentedEndpoint(
                method: .post, path: one + "/snapshot", group: .sessions, summary: "Tells of its snapshot.",
                parameters: [id], body: .json(.request(priority), example: [:], isRequired: false),
                answers: [.json(.named("SessionSnapshot"), "The snapshot.")], refusals: [409, 504]),
            DocumentedEndpoint(
                method: .get, path: one + "/snapshot", group: .sessions, summary: "Sends its snapshot, a file.",
                parameters: [id, .header("range", .string, "Which bytes are wanted, such as `bytes=100-`.")],
                answers: [
                    .init(status: 200, text: "The file.", forms: file, headers: ["etag", "accept-ranges"]),
                    .init(
                        status: 206, text: "A part of it.", forms: file,
                        headers: ["etag", "accept-ranges", "content-range"]),
                ], refusals: [400, 409, 416, 429, 503, 504]),
        ]
    }
}

// What is sent and answered.
extension SessionReference {
    static func schemas(_ facts: ReferenceFacts) -> KeyValuePairs<String, Schema> {
        let bytes: [(String, Schema)] = [("bytes_in_memory", .count), ("bytes_on_disk", .count)]
        let state = Schema.answer([("tokens", .count)] + bytes, optional: [])
        let message = Schema.answer(
            ["role": .string, "tokens": .count, "position": .count], optional: ["text": .string])
        return [
            "SessionRequest": request(facts),
            "SessionFacts": .answer(sessionFacts, optional: []),
            "Session": .answer(
                sessionFacts + [
                    ("messages", .array(of: message)),
                    ("parents", .array(of: .answer(["id": .string, "tokens": .count]))),
                ], optional: bytes + [("states", .array(of: state)), ("token_ids", .array(of: .count))]
            ).described("Where attention does not answer, nothing is said of the states that it keeps."),
            "SessionMove": .answer([
                "id": .string, "object": .constant("session.move"), "tokens": .count, "moved": .boolean,
                "members": .array(of: .string),
            ]),
            "SessionSnapshot": .answer([
                "id": .string, "object": .constant("session.snapshot"), "session_id": .string, "tokens": .count,
                "bytes": .count, "model_fingerprint": .string,
            ]),
        ]
    }

    private static let sessionFacts: [(String, Schema)] = [
        ("id", .string), ("object", .constant("session")), ("created", .integer), ("last_used", .integer),
        ("tokens", .count), ("message_count", .count), ("metadata", .named("Metadata")),
    ]

    private static func request(_ facts: ReferenceFacts) -> Schema {
        let names: Set = ["priority", "cache_salt", "cache_prompt", "prompt_cache_key"]
        let fields = [
            Field("messages", .array(of: .named("ChatMessage"), 1 ... .max), "A conversation."),
            Field("prompt", .any(of: .string, .array(of: facts.tokenID)), "A text or token ids, in its place."),
            CommonReference.metadata, facts.modelField,
        ]
        return .request(
            fields + CommonReference.scheduling.filter { names.contains($0.name) },
            refused: UnsupportedParameter.ofSessions.filter { $0.concerns(.chat) })
    }
}
