import Foundation
import JSON
import TestSupport

@testable import Router

/// One client of a story: it does one random thing after the other, and checks each answer.
///
/// Its sessions are its own, so it knows what each of them has to be. Prompts of completions begin as those of others.
struct StoryUser {
    let client: StoryClient
    let reference: StoryReference
    let log: StoryLog
    var random: SplitMix64
    var sessions: [StorySession] = []
    var deleted: [String] = []
    /// A chat that is sent whole each time.
    private var chat: [JSONValue] = []

    init(_ client: StoryClient, _ reference: StoryReference, _ log: StoryLog, seed: UInt64) {
        (self.client, self.reference, self.log) = (client, reference, log)
        random = SplitMix64(seed: seed)
    }

    static let sessionsMax = 5
    private static let sessionTokensMax = 700, chatMax = 9

    mutating func act() async throws {
        guard let place = sessions.indices.randomElement(using: &random) else { return try await create() }
        if sessions[place].tokens.count > Self.sessionTokensMax { return try await rewind(place) }
        switch Int.random(in: 0 ..< 100, using: &random) {
        case ..<30: try await turn(place)
        case ..<36: try await turn(place, hangsUp: true)
        case ..<44: try await text(place)
        case ..<60: try await plain()
        case ..<74: try await complete()
        case ..<80: try await create()
        case ..<87: try await fork(place)
        case ..<95: try await rewind(place)
        default: try await delete(place)
        }
    }

    private mutating func question() -> StoryQuestion {
        StoryQuestion(tokensMax: .random(in: 1 ... 20, using: &random), seed: .random(in: 0 ..< 1000, using: &random))
    }

    // MARK: answers

    /// A message in a session.
    private mutating func turn(_ place: Int, hangsUp: Bool = false) async throws {
        let message = reference.messages.randomElement(using: &random)!, question = question()
        let body = RESTCluster.message(message.text) + question.members(chat: true)
        let turns = [message.tokens]
        try await go(
            on: place, RESTCluster.chatPath, body, question, turns + [reference.opening],
            hangUpAfter: hangsUp ? .random(in: 1 ... 4, using: &random) : nil
        ) { [reference] in turns + [reference.opening + reference.stored($0)] }
    }

    /// Plain text in a session.
    private mutating func text(_ place: Int) async throws {
        let new = PrefixPrompts.ids(.random(in: 1 ... 90, using: &random), seed: random.next()), question = question()
        let body = [JSONValue.Member("prompt", .ids(new))] + question.members(chat: false)
        try await go(on: place, RESTCluster.completionsPath, body, question, [new]) { [new, Array($0)] }
    }

    /// Goes on with a session until it has an answer.
    ///
    /// - Parameters:
    ///   - new: what the prompt has more than the session.
    ///   - stored: what the session has more after an answer of these tokens.
    private mutating func go(
        on place: Int, _ path: String, _ body: [JSONValue.Member], _ question: StoryQuestion, _ new: [[Int]],
        hangUpAfter: Int? = nil, stored: (ArraySlice<Int>) -> [[Int]]
    ) async throws {
        let session = sessions[place]
        let expected = try await reference.answer(to: session.tokens + new.flatMap(\.self), question)
        let body = body + [.init("session_id", .string(session.id))]
        let streams = hangUpAfter != nil || Bool.random(using: &random)
        while true {
            switch try await client.ask(path, body, streams: streams, hangUpAfter: hangUpAfter) {
            case .answer(let answer):
                try log.check(answer, expected, "session \(session.id)")
                for turn in stored(expected.tokens[...]) { sessions[place].append(turn) }
                return try await look(place)
            case .lost(let part):
                if let part, !part.tokens.isEmpty { try log.check(beginning: part, expected, "session \(session.id)") }
                if hangUpAfter == nil { try await client.wait() }
                let found = try await settled(session.id)
                if found == session.tokens, hangUpAfter == nil { continue }
                if found == session.tokens { return }
                // It was stored though nobody has read it to its end.
                let counts = (part?.tokens.count ?? 0) ... expected.tokens.count
                guard
                    let count = counts.last(where: {
                        session.tokens + stored(expected.tokens[..<$0]).flatMap(\.self) == found
                    })
                else { throw SupportError("session \(session.id) is \(found), was \(session.tokens)") }
                for turn in stored(expected.tokens[..<count]) { sessions[place].append(turn) }
                return try await look(place)
            }
        }
    }

    /// The tokens of a session once no request is at work on it: a change of nothing is not refused then.
    private func settled(_ id: String) async throws -> [Int] {
        while true {
            guard let shown = try await client.session(id), let tokens = shown.json["token_ids"]?.ints else {
                throw SupportError("session \(id) is gone")
            }
            if try await client.change("/v1/sessions/\(id)/rewind", ["tokens": .int(tokens.count)]) != nil {
                return tokens
            }
            try await client.wait()
        }
    }

    /// A chat that sends everything again.
    private mutating func plain() async throws {
        if chat.count >= Self.chatMax { chat = [] }
        let message = reference.messages.randomElement(using: &random)!, question = question()
        chat.append(["role": "user", "content": .string(message.text)])
        let body = [JSONValue.Member("messages", .array(chat))] + question.members(chat: true)
        let answer = try await ask(RESTCluster.chatPath, body, question)
        chat.append(["role": "assistant", "content": .string(answer.text)])
    }

    /// A completion whose prompt begins as others.
    private mutating func complete() async throws {
        let whole = PrefixPrompts.ids(600, seed: .random(in: 900 ..< 903, using: &random))
        let cut = Int.random(in: 1 ... whole.count, using: &random)
        let own = PrefixPrompts.ids(.random(in: 0 ... 3, using: &random), seed: random.next()), question = question()
        let body = [JSONValue.Member("prompt", .ids(whole[..<cut] + own))] + question.members(chat: false)
        _ = try await ask(RESTCluster.completionsPath, body, question)
    }

    /// Asks until there is an answer.
    private mutating func ask(
        _ path: String, _ body: [JSONValue.Member], _ question: StoryQuestion
    ) async throws -> GivenAnswer {
        let streams = Bool.random(using: &random)
        while true {
            guard case .answer(let answer) = try await client.ask(path, body, streams: streams) else {
                try await client.wait()
                continue
            }
            try log.check(answer, try await reference.answer(to: answer.prompt, question), path)
            return answer
        }
    }
}

extension RESTCluster {
    static func message(_ text: String) -> [JSONValue.Member] {
        [.init("messages", [["role": "user", "content": .string(text)]])]
    }
}
