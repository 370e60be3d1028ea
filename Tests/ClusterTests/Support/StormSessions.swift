import JSON
import TestSupport

@testable import Router

/// Sessions that are continued and moved while hosts and attention services come and go. Every answer is compared with
/// that of an undisturbed cluster.
actor StormSessions {
    private struct Talk {
        let id: String
        /// What an undisturbed cluster answers to each question, one after the other.
        let expected: [String]
        var answers: [String] = []
    }

    private static let questions = [
        "Who are you?", "And who am I?", "What is a lighthouse?", "Why?", "Tell me more.", "Is that so?",
    ]
    private let cluster: RESTCluster
    private var random: SplitMix64
    private var talks: [Talk] = []
    /// How many came about: there may be no other replica whenever one is tried.
    private var moves = 0

    init(_ cluster: RESTCluster, seed: UInt64) {
        self.cluster = cluster
        random = SplitMix64(seed: seed &+ 2)
    }

    /// Makes the sessions and asks each its first question.
    func begin() async throws {
        for name in ["Ann", "Ben", "Cleo", "Dan"] {
            var messages = [Self.message("system", "You talk to \(name).")], expected: [String] = []
            for question in Self.questions {
                messages.append(Self.message("user", question))
                let reply = try await cluster.post(
                    RESTCluster.chatPath,
                    ["messages": .array(messages), "max_tokens": 12, "temperature": 0, "cache_prompt": false])
                expected.append(reply.text)
                messages.append(Self.message("assistant", reply.text))
            }
            let made = try await cluster.post("/v1/sessions", ["messages": .array([messages[0]])])
            guard let id = made.json["id"]?.text else { throw SupportError("no session: \(made.json.text())") }
            talks.append(Talk(id: id, expected: expected))
        }
        for index in talks.indices { try await ask(index) }
    }

    /// Asks and moves sessions in a random order; two questions of each are left.
    func live(until isOver: @Sendable () -> Bool) async throws {
        while !isOver() {
            try await Task.sleep(for: .milliseconds(Int.random(in: 100 ... 800, using: &random)))
            let index = Int.random(in: talks.indices, using: &random)
            if Bool.random(using: &random), talks[index].answers.count < Self.questions.count - 2 {
                try await ask(index)
            }
            try await move(talks[index].id)
        }
    }

    /// Asks all questions that are left.
    func end() async throws {
        for index in talks.indices {
            while talks[index].answers.count < Self.questions.count { try await ask(index) }
        }
        print("\(moves) moves of sessions")
    }

    private func ask(_ index: Int) async throws {
        let talk = talks[index], number = talk.answers.count
        let reply = try await cluster.chat(
            Self.questions[number], maxTokens: 12, [.init("session_id", .string(talk.id)), .init("temperature", 0)])
        guard reply.status == 200, reply.text == talk.expected[number] else {
            throw SupportError(
                "question \(number) of \(talk.id): expected \(talk.expected[number]), got \(reply.json.text())")
        }
        talks[index].answers.append(reply.text)
    }

    /// Where there is no other replica, or one is lost over the move, that is said.
    private func move(_ id: String) async throws {
        let reply = try await cluster.post("/v1/sessions/\(id)/move", text: "")
        switch (reply.status, reply.json["error"]?["code"]) {
        case (200, _): if reply.json["moved"] == true { moves += 1 }
        case (409, "no_other_replica"), (409, "session_busy"), (503, _): break
        default: throw SupportError("a move of \(id) was answered with \(reply.status): \(reply.json.text())")
        }
    }

    private static func message(_ role: String, _ text: String) -> JSONValue {
        ["role": .string(role), "content": .string(text)]
    }
}
