/// Well-known paths of other servers that this one does not have, and what it has instead: who asks for one learns that
/// it is not there by intention, and not by a mistake in the URL.
enum NotOffered {
    /// Paths, each with all below it, and what is said of them.
    private static let table: [(paths: [String], reason: String)] = [
        (
            [
                "/v1/score", "/score", "/v1/rerank", "/v2/rerank", "/rerank", "/pooling", "/v1/pooling", "/classify",
                "/v1/moderations",
            ],
            """
            This server does not score, rank or classify texts. It makes embeddings (POST /v1/embeddings), whose \
            scalar product tells how near two texts are.
            """
        ),
        (
            ["/v1/audio", "/v1/images", "/v1/videos", "/v1/realtime"],
            "This server reads and writes text only: POST /v1/chat/completions or POST /v1/completions."
        ),
        (
            ["/v1/fine_tuning"],
            "This server does not train models. GET /v1/models tells which one it serves."
        ),
        (
            ["/v1/batches", "/v1/messages/batches"],
            """
            This server has no batches of requests: send them to POST /v1/chat/completions, with 'priority': 'low' \
            where others should go first.
            """
        ),
        (
            ["/v1/files", "/v1/uploads", "/v1/vector_stores"],
            "This server keeps no files: send their text in the messages of POST /v1/chat/completions."
        ),
        (
            ["/v1/responses/compact"],
            """
            This server does not compact responses: 'truncation': 'auto' of POST /v1/responses leaves out old messages.
            """
        ),
        (
            ["/completion", "/completions", "/api/chat", "/api/generate", "/props", "/slots", "/generate"],
            """
            This server speaks OpenAI's and Anthropic's API: POST /v1/chat/completions, /v1/completions, /v1/responses \
            or /v1/messages.
            """
        ),
        (
            ["/v1/assistants", "/v1/threads"],
            """
            This server has no assistants: use POST /v1/chat/completions, and POST /v1/sessions for conversations that \
            it keeps.
            """
        ),
    ]

    /// What is said of a path; nil where it is not one of these.
    static func reason(_ path: String) -> String? {
        table.first { entry in entry.paths.contains { path == $0 || path.hasPrefix("\($0)/") } }?.reason
    }
}
