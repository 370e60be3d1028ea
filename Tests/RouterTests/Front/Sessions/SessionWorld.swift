import Chat
import Foundation
import JSON
import Records
import TestSupport
import Testing
import Tokenizer

@testable import Router

/// Two keys, so that there is somebody else.
let twoKeys: FrontConfig = {
    var config = FrontConfig()
    config.apiKeys = ["mine", "theirs"]
    return config
}()

extension FrontClient {
    /// Makes a session and returns its id.
    func newSession(_ body: String = "{}", key: String = "mine") async throws -> String {
        let answer = try await ask("POST", "/v1/sessions", body, key: key)
        guard answer.status == 200, case .string(let id)? = answer.json["id"] else {
            throw Unexpected(answer: answer.body)
        }
        return id
    }

    /// What `GET` tells of a session, with the ids of its tokens.
    func shown(_ id: String, key: String = "mine") async throws -> JSONValue {
        let answer = try await ask("GET", "/v1/sessions/\(id)?include=token_ids,text", nil, key: key)
        guard answer.status == 200 else { throw Unexpected(answer: answer.body) }
        return answer.json
    }

    func ask(_ method: String, _ path: String, _ body: String?, key: String = "mine") async throws -> Answer {
        try await send(method, path, body.map { Array($0.utf8) }, headers: ["Authorization": "Bearer \(key)"])
    }

    struct Unexpected: Error { let answer: String }
}

extension JSONValue {
    /// The ids of a session's tokens, as `GET` tells them.
    var tokenIDs: [Int32] {
        guard case .array(let ids)? = self["token_ids"] else { return [] }
        return ids.compactMap { if case .number(let digits) = $0 { Int32(digits) } else { nil } }
    }
    /// The role of each message.
    var roles: [String] {
        guard case .array(let messages)? = self["messages"] else { return [] }
        return messages.compactMap { if case .string(let role)? = $0["role"] { role } else { nil } }
    }
    /// Where each message ends.
    var positions: [Int] {
        guard case .array(let messages)? = self["messages"] else { return [] }
        return messages.compactMap { if case .number(let digits)? = $0["position"] { Int(digits) } else { nil } }
    }
}

/// The ids of a rendered chat.
func chatIDs(_ messages: [(String, String)], tools: [String] = [], asks: Bool) -> [Int32] {
    let messages = messages.map { ChatMessage(role: $0.0, content: $0.1) }
    return (try? demoTokenizer.encode(ChatTemplate().render(messages, tools: tools, addingGenerationPrompt: asks)))
        ?? []
}
