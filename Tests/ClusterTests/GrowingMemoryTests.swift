import Foundation
import JSON
import Testing

@testable import Router

/// Answers that grow in an attention service with little memory.
@Suite("Memory that grows with use", .serialized, .inTurn) struct GrowingMemoryTests {
    @Test("sixty-four chats without max_tokens run side by side in 1 GiB, and all end right")
    func manyChats() async throws {
        try await RESTCluster.with(.init(attention: ["--memory-max-mib", "1024"])) { cluster in
            @Sendable func chat(_ index: Int) -> JSONValue {
                [
                    "messages": [["role": "user", "content": .string("Who are you? Number \(index).")]],
                    "temperature": 0,
                    // What a client sends that has read the context's length from somewhere says the same as nothing.
                    "max_completion_tokens": index % 2 == 0 ? .null : 1_000_000,
                ]
            }
            let alone = try await cluster.post(RESTCluster.chatPath, chat(5))
            #expect(alone.finish == "stop")
            let replies = try await withThrowingTaskGroup(of: (Int, RESTCluster.Reply).self) { tasks in
                for index in 0 ..< 64 {
                    tasks.addTask { (index, try await cluster.post(RESTCluster.chatPath, chat(index))) }
                }
                return try await tasks.reduce(into: [Int: RESTCluster.Reply]()) { $0[$1.0] = $1.1 }
            }
            #expect(replies.values.allSatisfy { $0.status == 200 && $0.finish == "stop" })
            #expect(replies[5]?.json["choices"] == alone.json["choices"])
            #expect(try await cluster.metric("minimax_num_requests_parked", of: "router") == 0)
            let card = try await cluster.get("/v1/models/demo").json
            #expect(card["max_model_len"]?.int ?? .max < 1 << 20, "the context is longer than the memory")
        }
    }

    @Test(
        """
        in very little memory a chat is answered, a long answer ends where memory does, and a prompt that does not \
        fit is refused
        """
    )
    func littleMemory() async throws {
        try await RESTCluster.with(.init(attention: ["--memory-max-mib", "6"])) { cluster in
            let chat = try await cluster.post(
                RESTCluster.chatPath, ["messages": [["role": "user", "content": "Who are you?"]], "temperature": 0])
            #expect(chat.status == 200 && chat.finish == "stop")
            let usable = try #require(try await cluster.get("/v1/models/demo").json["max_model_len"]?.int)
            let longest = try await cluster.complete(
                "Once upon a time", maxTokens: 1_000_000, [.init("ignore_eos", true)])
            #expect(longest.status == 200 && longest.finish == "length")
            #expect(longest.json["usage"]?["total_tokens"] == .int(usable + 1), "the last token needs no room")
            let refused = try await cluster.complete(.ids([Int](repeating: 7, count: usable + 1)))
            #expect(
                refused.status == 400 && refused.errorMessage.contains("has memory for \(usable)"),
                "\(refused.errorMessage)")
        }
    }

    private static func body(_ index: Int) -> JSONValue {
        [
            "prompt": .string("Once upon a time number \(index)"), "temperature": .number("0.9"), "seed": .int(index),
            "ignore_eos": true, "logprobs": 1,
            "max_tokens": 600,
        ]
    }

    /// - Parameter ruin: done to the folder for states before anything is parked.
    private func together(_ ruin: (String) throws -> Void = { _ in }) async throws {
        try await Paths.withFolder { folder in
            let parking = folder + "/parking"
            try FileManager.default.createDirectory(atPath: parking, withIntermediateDirectories: true)
            // All three answers begin, and not all of them find room to grow.
            try await RESTCluster.with(.init(attention: ["--memory-max-mib", "18", "--states-folder", parking])) {
                cluster in
                var alone: [JSONValue?] = []
                for index in 0 ..< 3 {
                    alone.append(try await cluster.post(RESTCluster.completionsPath, Self.body(index)).json["choices"])
                }
                // Short answers, so that the next ones are not expected to be long.
                for _ in 0 ..< 40 { _ = try await cluster.complete("Once", maxTokens: 1) }
                try ruin(parking)
                let replies = try await withThrowingTaskGroup(of: (Int, JSONValue?).self) { tasks in
                    for index in 0 ..< 3 {
                        tasks.addTask {
                            (
                                index,
                                try await cluster.post(RESTCluster.completionsPath, Self.body(index)).json["choices"]
                            )
                        }
                    }
                    return try await tasks.reduce(into: [Int: JSONValue?]()) { $0[$1.0] = $1.1 }
                }
                for index in 0 ..< 3 { #expect(replies[index] == alone[index], "answer \(index)") }
                #expect(
                    try await cluster.metric("minimax_sequences_set_aside_total", of: "router") > 0,
                    "nobody had to make room")
                #expect(try await cluster.metric("minimax_attention_sequences", of: "attention") == 0)
            }
        }
    }

    @Test("answers that outgrow the memory together take turns, with the bytes that each has alone")
    func parked() async throws { try await together() }

    @Test("where nothing can be written to disk they begin anew, with the same bytes")
    func recomputed() async throws { try await together { try FileManager.default.removeItem(atPath: $0) } }
}
