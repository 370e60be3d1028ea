import Foundation
import JSON
import TestSupport

@testable import Router

/// What a user does to its sessions as wholes.
extension StoryUser {
    mutating func create() async throws {
        guard sessions.count < Self.sessionsMax else { return try await delete(0) }
        let message = reference.messages.randomElement(using: &random)!
        let ids = PrefixPrompts.ids(
            .random(in: 1 ... 300, using: &random), seed: .random(in: 900 ..< 903, using: &random))
        let (body, turn): (JSONValue, [Int]) =
            Bool.random(using: &random)
            ? (.object(RESTCluster.message(message.text)), message.tokens) : (["prompt": .ids(ids)], ids)
        let id = try await made("/v1/sessions", body)
        sessions.append(StorySession(id: id, turns: [turn]))
        try await look(sessions.count - 1)
    }

    mutating func fork(_ place: Int) async throws {
        guard sessions.count < Self.sessionsMax else { return try await delete(place) }
        var (body, fork) = (JSONValue.object([]), sessions[place])
        switch Int.random(in: 0 ..< 3, using: &random) {
        case 0: break
        case 1: body = cutMessages(&fork)
        default: body = cutTokens(&fork)
        }
        let id = try await made("/v1/sessions/\(fork.id)/fork", body)
        sessions.append(fork.forked(as: id))
        try await look(sessions.count - 1)
    }

    /// Makes something that has an id. What was lost on the way may be there and is nobody's.
    private func made(_ path: String, _ body: JSONValue) async throws -> String {
        while true {
            if let id = try await client.change(path, body)?.json["id"]?.text { return id }
            log.orphan()
            try await client.wait()
        }
    }

    mutating func rewind(_ place: Int) async throws {
        var session = sessions[place]
        let body = Bool.random(using: &random) ? cutMessages(&session) : cutTokens(&session)
        while try await client.change("/v1/sessions/\(session.id)/rewind", body) == nil { try await client.wait() }
        sessions[place] = session
        try await look(place)
    }

    private mutating func cutMessages(_ session: inout StorySession) -> JSONValue {
        let count = Int.random(in: 0 ... session.turns.count, using: &random)
        session.cut(messages: count)
        return ["messages": .int(count)]
    }

    private mutating func cutTokens(_ session: inout StorySession) -> JSONValue {
        let count = Int.random(in: 0 ... session.tokens.count, using: &random)
        session.cut(tokens: count)
        return ["tokens": .int(count)]
    }

    mutating func delete(_ place: Int) async throws {
        let id = sessions.remove(at: place).id
        try await client.delete(id)
        deleted.append(id)
    }

    // MARK: what is there

    func look(_ place: Int) async throws {
        let session = sessions[place]
        guard let json = try await client.session(session.id)?.json else {
            throw SupportError("session \(session.id) is gone")
        }
        let positions = (json["messages"]?.elements ?? []).compactMap { $0["position"]?.int }
        guard json["token_ids"]?.ints == session.tokens, positions == session.positions else {
            throw SupportError("session \(session.id) is \(json.text()), expected \(session.turns)")
        }
    }

    /// Every session that was answered for is there with its tokens, and none that was deleted.
    func lookAtAll() async throws {
        for place in sessions.indices { try await look(place) }
        for id in deleted where try await client.session(id) != nil {
            throw SupportError("session \(id) was deleted and is there")
        }
    }
}
