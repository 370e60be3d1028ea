internal import ClusterClient
internal import Console
internal import NIOHTTP1

/// Sends chats to a router and notes when their answers begin.
struct ChatTimer: Sendable {
    let client: RESTClient

    /// - Throws: `StartError` when the chat is refused, or its answer is not whole.
    func ask(_ chat: ChatBody) async throws -> ChatReply {
        let body = chat.json
        let begin = ContinuousClock.now
        return try await client.request(
            .POST, "/v1/chat/completions", body: body, limits: .init(silence: .seconds(300))
        ) { head, body in
            guard head.status == 200 else {
                throw StartError("the cluster answered \(head.status): \(try await body.beginning(300))")
            }
            var follower = ChatFollower()
            for try await piece in body {
                try follower.take(piece, at: (ContinuousClock.now - begin) / .seconds(1))
            }
            return try follower.reply()
        }
    }
}
