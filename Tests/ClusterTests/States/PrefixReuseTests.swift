import Foundation
import JSON
import NIOHTTP1
import Testing

@testable import ClusterClient
@testable import Router

/// Requests that begin with tokens that were computed before, over real processes: what comes is what comes to a
/// request whose every token is computed, byte for byte.
@Suite("Reuse of prefixes", .serialized, .inTurn) struct PrefixReuseTests {
    @Test(
        "every cut point of a prompt of 300 tokens: the 64 tokens after it, and their log-probabilities, are the same")
    func everyCut() async throws {
        try await RESTCluster.with(.init(router: ["--sequences-max", "24", "--queue-max", "600"])) { cluster in
            let prompt = PrefixPrompts.ids(300)
            let expected = try await cluster.transcript(of: prompt, salt: "undisturbed")
            try await inParallel(1 ..< 300, atOnce: 24) { cut in
                let salt = "cut \(cut)"
                // Another prompt parts from this one after `cut` tokens, and leaves a state behind.
                _ = try await cluster.complete(
                    .ids(prompt[..<cut] + [4000]), maxTokens: 1, [.init("cache_salt", .string(salt))])
                let found = try await cluster.transcript(of: prompt, salt: salt)
                let difference = found.transcript.difference(from: expected.transcript)
                #expect(difference == nil, "after \(cut) tokens: \(difference ?? "")")
                let block = 64, least = cut < 16 ? 0 : cut / block * block
                #expect((least ... cut).contains(found.cached), "after \(cut) tokens \(found.cached) were reused")
            }
            #expect(expected.cached == 0)
        }
    }

    @Test("a chat that sends everything again computes only what is new, turn after turn")
    func turns() async throws {
        try await RESTCluster.with { cluster in
            var messages: [JSONValue] = [
                ["role": "system", "content": .string(PrefixPrompts.text(lines: 60))]
            ]
            for turn in 0 ..< 5 {
                messages.append(["role": "user", "content": .string("Question \(turn): who are you?")])
                let body: JSONValue = ["messages": .array(messages), "temperature": 0, "max_tokens": 24]
                let reply = try await cluster.post(RESTCluster.chatPath, body)
                let prompt = try #require(reply.json["usage"]?["prompt_tokens"]?.int), cached = reply.cachedTokens
                // The question, and what a re-tokenised answer may cost.
                if turn > 0 { #expect(prompt - cached < 60, "turn \(turn): \(cached) of \(prompt) tokens were reused") }
                let cold = try await cluster.post(RESTCluster.chatPath, body.salted("turn \(turn)"))
                #expect(cold.json["choices"] == reply.json["choices"] && cold.cachedTokens == 0)
                messages.append(["role": "assistant", "content": .string(reply.text)])
            }
        }
    }

    @Test("tools stand behind all messages, and an agent's next turn reuses the messages all the same")
    func tools() async throws {
        try await RESTCluster.with { cluster in
            let tools: JSONValue = .array(
                (0 ..< 12).map { index in
                    [
                        "type": "function",
                        "function": [
                            "name": .string("tool_\(index)"), "description": .string(PrefixPrompts.text(lines: 3)),
                            "parameters": ["type": "object", "properties": [:]],
                        ],
                    ]
                })
            var messages: [JSONValue] = [["role": "user", "content": .string(PrefixPrompts.text(lines: 40))]]
            func ask() async throws -> RESTCluster.Reply {
                try await cluster.post(
                    RESTCluster.chatPath,
                    ["messages": .array(messages), "tools": tools, "temperature": 0, "max_tokens": 8])
            }
            let first = try await ask()
            messages += [
                ["role": "assistant", "content": .string(first.text)], ["role": "user", "content": "And then?"],
            ]
            let without = try await cluster.post(
                RESTCluster.chatPath,
                ["messages": [messages[0]], "max_tokens": 1, "cache_salt": "count", "temperature": 0])
            let messagesEnd = try #require(without.json["usage"]?["prompt_tokens"]?.int) - 8
            let second = try await ask()
            #expect(second.cachedTokens >= messagesEnd, "\(second.cachedTokens) of at least \(messagesEnd) were reused")
        }
    }

    @Test("requests that share a prompt and arrive together compute it once; several answers of one request, too")
    func together() async throws {
        try await RESTCluster.with(.init(router: ["--sequences-max", "16"])) { cluster in
            let prompt = PrefixPrompts.ids(1200)
            let expected = try await cluster.transcript(of: prompt + [7], salt: "undisturbed")
            let before = try await cluster.metric("minimax_prefill_tokens_total", of: "router")
            let found = try await inParallel(0 ..< 8, atOnce: 8) { _ in
                try await cluster.transcript(of: prompt + [7], salt: "together")
            }
            for one in found { #expect(one.transcript == expected.transcript) }
            let computed = try await cluster.metric("minimax_prefill_tokens_total", of: "router") - before
            #expect(computed < 1.2 * 1201, "\(computed) prompt tokens were computed for 8 times the same 1,201")

            let several = try await cluster.complete(
                .ids(PrefixPrompts.ids(1000, seed: 3)), maxTokens: 4, [.init("n", 6), .init("temperature", 1)])
            let after = try await cluster.metric("minimax_prefill_tokens_total", of: "router") - before - computed
            #expect(
                several.json["choices"].count == 6 && after < 1.2 * 1000, "\(after) for six answers to 1,000 tokens")
        }
    }

    @Test("other accounts and other salts share nothing, unless the operator says so")
    func accounts() async throws {
        let prompt = PrefixPrompts.ids(400)
        for (flags, shared) in [([], false), (["--share-prefixes"], true)] as [([String], Bool)] {
            try await RESTCluster.with(.init(router: ["--api-keys", "one,two"] + flags)) { cluster async throws in
                func cached(_ key: String, _ more: [JSONValue.Member] = []) async throws -> Int {
                    let body = RESTCluster.completionBody(.ids(prompt), maxTokens: 2, more)
                    let answer = try await cluster.rest.post(
                        RESTCluster.completionsPath, json: Array(body.text().utf8),
                        headers: ["authorization": "Bearer \(key)"])
                    let json = try JSONReader.read(answer.body)
                    return try #require(json["usage"]?["prompt_tokens_details"]?["cached_tokens"]?.int)
                }
                #expect(try await cached("one") == 0)
                #expect(try await cached("one") >= 320)
                #expect((try await cached("two") >= 320) == shared)
                #expect(try await cached("one", [.init("cache_salt", "x")]) == 0)
            }
        }
    }
}
