import Foundation
import JSON
import Synchronization

@testable import Router

/// A cluster that nobody disturbs and that reuses nothing: what each answer has to be, computed from its first token.
final class StoryReference: Sendable {
    private struct Key: Hashable {
        let prompt: [Int]
        let question: StoryQuestion
    }
    static let router = ["--prefix-reuse", "off"]

    private let cluster: RESTCluster
    private let known = Mutex<[Key: GivenAnswer]>([:])
    /// What the chat template writes before an answer and behind it.
    let opening: [Int], closing: [Int]
    /// Messages that users may send, and their tokens.
    let messages: [(text: String, tokens: [Int])]

    init(_ cluster: RESTCluster) async throws {
        self.cluster = cluster
        var messages: [(text: String, tokens: [Int])] = []
        for text in Self.texts { messages.append((text, try await Self.tokens(of: text, cluster))) }
        self.messages = messages
        let made = try await cluster.post("/v1/sessions", text: "{}")
        let id = try Self.text(made.json["id"])
        let body = RESTCluster.chatBody(
            Self.texts[0], maxTokens: 1, [.init("session_id", .string(id)), .init("return_token_ids", true)])
        let answer = GivenAnswer(try await cluster.post(RESTCluster.chatPath, body))
        opening = Array(answer.prompt.dropFirst(messages[0].tokens.count))
        let whole = try await Self.sessionTokens(id, cluster)
        closing = Array(whole.dropFirst(answer.prompt.count + 1))
        guard answer.prompt.starts(with: messages[0].tokens), whole.starts(with: answer.prompt + answer.tokens),
            !opening.isEmpty, !closing.isEmpty
        else { throw SupportError("the session is \(whole), after the answer \(answer)") }
    }

    private static let texts = [
        "Who are you?", "And then?", "Tell me a story of the sea.", "Why?", "One, two, three",
        PrefixPrompts.text(lines: 4), PrefixPrompts.text(lines: 12), "What did you say before that, and what after it?",
    ]

    private static func tokens(of text: String, _ cluster: RESTCluster) async throws -> [Int] {
        let made = try await cluster.post(
            "/v1/sessions", ["messages": [["role": "user", "content": .string(text)]]])
        return try await sessionTokens(Self.text(made.json["id"]), cluster)
    }

    private static func sessionTokens(_ id: String, _ cluster: RESTCluster) async throws -> [Int] {
        let shown = try await cluster.get("/v1/sessions/\(id)?include=token_ids")
        guard let tokens = shown.json["token_ids"]?.ints else { throw SupportError(shown.json.text()) }
        return tokens
    }

    private static func text(_ json: JSONValue?) throws -> String {
        guard let text = json?.text else { throw SupportError("no text: \(json?.text() ?? "nothing")") }
        return text
    }

    /// What has to come after these tokens.
    func answer(to prompt: [Int], _ question: StoryQuestion) async throws -> GivenAnswer {
        let key = Key(prompt: prompt, question: question)
        if let answer = known.withLock({ $0[key] }) { return answer }
        let reply = try await cluster.complete(.ids(prompt), maxTokens: 0, question.members(chat: false))
        guard reply.status == 200 else { throw SupportError("the reference answered \(reply.json.text())") }
        let answer = GivenAnswer(reply)
        known.withLock { $0[key] = answer }
        return answer
    }

    /// What a session has behind its prompt after an answer; the token that ends an answer is part of its end.
    func stored(_ answer: ArraySlice<Int>) -> [Int] {
        (answer.last == closing.first ? answer.dropLast() : answer) + closing
    }
}
