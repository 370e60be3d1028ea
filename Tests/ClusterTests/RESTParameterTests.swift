import Foundation
import JSON
import Testing

@testable import Router

/// What a whole cluster makes of the parameters beyond OpenAI's own.
extension RESTTests {
    @Test("min_tokens holds off the model's own end, and what was chosen before stays the same")
    func minTokens() async throws {
        let cluster = try suiteCluster()
        let plain = try await cluster.chat(Self.question, maxTokens: 200)
        try #require(plain.finish == "stop")
        let count = try #require(plain.json["usage"]?["completion_tokens"]?.int)
        let longer = try await cluster.chat(Self.question, maxTokens: 200, [.init("min_tokens", .int(count + 8))])
        #expect(longer.text.hasPrefix(plain.text))
        #expect(try #require(longer.json["usage"]?["completion_tokens"]?.int) >= count + 8)
    }

    @Test("a stop token ends an answer; the ids of an answer are those that were asked about")
    func stopTokens() async throws {
        let cluster = try suiteCluster(), golden = try Golden.named("story-start")
        let wanted = golden.greedy_64_ids
        let stop = try #require(wanted.indices.first { $0 > 5 && !wanted[..<$0].contains(wanted[$0]) })
        let more: [JSONValue.Member] = [.init("stop_token_ids", .ids([wanted[stop]])), .init("return_token_ids", true)]
        let reply = try await cluster.complete(.ids(golden.input_ids), maxTokens: 64, more)
        #expect(reply.json["choices"]?[0]?["token_ids"] == .ids(wanted[..<stop]))
        #expect(reply.json["choices"]?[0]?["prompt_token_ids"] == .ids(golden.input_ids))
        #expect(reply.finish == "stop")
        #expect(golden.greedy_text_all_64.hasPrefix(reply.text))
        let held = try await cluster.complete(
            .ids(golden.input_ids), maxTokens: 64, more + [.init("min_tokens", .int(stop + 1))])
        #expect(try #require(held.json["usage"]?["completion_tokens"]?.int) > stop)
    }

    @Test("a bad word is not said, whole or behind a blank, and other answers are what they were")
    func badWords() async throws {
        let cluster = try suiteCluster(), golden = try Golden.named("story-start")
        let plain = try await cluster.complete(.ids(golden.input_ids), maxTokens: 40)
        let words = plain.text.split(separator: " ")
        let place = try #require(words.firstIndex { $0.count > 2 && $0.allSatisfy(\.isLetter) })
        let bad: [JSONValue.Member] = [.init("bad_words", [.string(String(words[place]))])]
        let other = try await cluster.complete(.ids(golden.input_ids), maxTokens: 40, bad)
        let others = other.text.split(separator: " ")
        #expect(other.status == 200 && !others.contains(words[place]), "\(words[place]): \(other.text)")
        #expect(others.prefix(place) == words.prefix(place), "\(words[place]): \(other.text)")
        let unaffected = try await cluster.complete(
            .ids(golden.input_ids), maxTokens: 40, [.init("bad_words", ["never said so"])])
        #expect(unaffected.text == plain.text)
    }

    @Test("prompt_logprobs tell what echo and logprobs tell of a prompt, in vLLM's shape, of completions and of chats")
    func promptLogprobs() async throws {
        let cluster = try suiteCluster(), golden = try Golden.named("story-start")
        let echo = try await cluster.complete(
            .ids(golden.input_ids), maxTokens: 1,
            [.init("echo", true), .init("logprobs", 3), .init("return_tokens_as_token_ids", true)])
        let told = echo.json["choices"]?[0]?["logprobs"]
        let reply = try await cluster.complete(
            .ids(golden.input_ids), maxTokens: 1, [.init("prompt_logprobs", 3), .init("n", 2)])
        for choice in 0 ..< 2 {
            guard case .array(let places)? = reply.json["choices"]?[choice]?["prompt_logprobs"] else {
                Issue.record("\(reply.json.text())")
                return
            }
            #expect(places.count == golden.input_ids.count && places.first == .null)
            for (index, id) in golden.input_ids.enumerated().dropFirst() {
                guard case .object(let tokens) = places[index], case .object(let tops)? = told?["top_logprobs"]?[index]
                else {
                    Issue.record("\(places[index].text())")
                    return
                }
                #expect(tokens.first?.name == "\(id)")
                #expect(tokens.first?.value["logprob"] == told?["token_logprobs"]?[index])
                #expect(
                    Set(tokens.map { "token_id:\($0.name)=\($0.value["logprob"]?.text() ?? "")" })
                        == Set(tops.map { "\($0.name)=\($0.value.text())" }))
                let ranks = tokens.compactMap { $0.value["rank"]?.integer }
                #expect(Set(ranks).isSuperset(of: [1, 2, 3]) && ranks.count >= tokens.count - 1)
            }
        }
        let chat = try await cluster.chat(Self.question, maxTokens: 1, [.init("prompt_logprobs", 0)])
        guard case .array(let places)? = chat.json["prompt_logprobs"] else {
            Issue.record("\(chat.json.text())")
            return
        }
        #expect(places.count == chat.json["usage"]?["prompt_tokens"]?.int)
    }

    @Test("parameters that nobody knows are counted by name")
    func unknownParameters() async throws {
        let cluster = try suiteCluster()
        let reply = try await cluster.complete(
            "Once", maxTokens: 1, [.init("wonder", 1), .init("service_tier", "auto")])
        #expect(reply.status == 200)
        let metrics = try await cluster.metrics(of: "router")
        #expect(metrics.contains(#"minimax_unknown_parameters_total{name="wonder"} 1"#), "\(metrics)")
        #expect(!metrics.contains("service_tier"))
    }

    @Test("special tokens are shown where they are not skipped")
    func specialTokens() async throws {
        let cluster = try suiteCluster(), golden = try Golden.named("story-start")
        let forced: [JSONValue.Member] = [.init("logit_bias", ["4092": 100])]
        #expect(try await cluster.complete(.ids(golden.input_ids), maxTokens: 2, forced).text == "")
        let shown = try await cluster.complete(
            .ids(golden.input_ids), maxTokens: 2, forced + [.init("skip_special_tokens", false)])
        #expect(shown.text == "<function_call><function_call>")
    }

    @Test("n of 16 and of 128, several prompts, no prompt, and top_p 0")
    func choices() async throws {
        let cluster = try suiteCluster()
        for n in [16, 128] {
            let reply = try await cluster.complete("Once", maxTokens: 1, [.init("n", .int(n))])
            #expect(reply.status == 200)
            #expect(reply.texts.count == n && Set(reply.texts).count == 1)
        }
        let greedy = try await cluster.complete("Once upon a time", maxTokens: 12)
        let kept = try await cluster.complete(
            "Once upon a time", maxTokens: 12, [.init("temperature", 1), .init("top_p", 0)])
        #expect(kept.text == greedy.text)
        let none = try await cluster.post(RESTCluster.completionsPath, ["max_tokens": 4, "temperature": 0])
        let begin = try await cluster.complete(.ids([4091]), maxTokens: 4)
        #expect(none.status == 200 && none.text == begin.text)
    }

    @Test("a prompt that is cut to its last tokens is answered as those alone")
    func truncation() async throws {
        let cluster = try suiteCluster(), golden = try Golden.named("story-start")
        let long = Array(repeating: 300, count: 40) + golden.input_ids
        let cut = try await cluster.complete(
            .ids(long), maxTokens: 8, [.init("truncate_prompt_tokens", .int(golden.input_ids.count))])
        #expect(
            cut.json.withoutIdentity
                == (try await cluster.complete(.ids(golden.input_ids), maxTokens: 8)).json.withoutIdentity)
    }

    @Test("more choices than may wait are all answered; a request that finds no room at all is refused")
    func choicesBeyondTheQueue() async throws {
        try await RESTCluster.with(RESTCluster.Setup(router: ["--sequences-max", "2", "--queue-max", "1"])) { cluster in
            let reply = try await cluster.complete("Once", maxTokens: 4, [.init("n", 12)])
            #expect(reply.status == 200)
            #expect(reply.texts.count == 12 && Set(reply.texts).count == 1)
            let stream = try await cluster.stream(
                RESTCluster.completionsPath, RESTCluster.completionBody("Once", maxTokens: 4, [.init("n", 12)]))
            #expect(stream.isDone)
            #expect((0 ..< 12).allSatisfy { stream.text(of: $0) == reply.text })
        }
    }

    @Test("large bodies that are hard to read are refused, and /health answers meanwhile")
    func hardBodies() async throws {
        let cluster = try suiteCluster()
        // Names that are not in their normal form, each of which a comparison of texts would have to normalize.
        let member = Array("\"\u{340}\":0,".utf8), tail = Array(#""prompt":"a","max_tokens":1}"#.utf8)
        let names = [UInt8(ascii: "{")] + Array(repeating: member, count: (1 << 20) + 1).joined() + tail
        let stops = JSONValue.object([
            .init("prompt", "a"), .init("n", 8), .init("stop", .string(String(repeating: "ab", count: 4 << 20))),
        ])
        try await withThrowingTaskGroup(of: RESTCluster.Reply?.self) { tasks in
            for _ in 0 ..< 2 {
                tasks.addTask { try await cluster.post(RESTCluster.completionsPath, bytes: names) }
                tasks.addTask { try await cluster.post(RESTCluster.completionsPath, stops) }
            }
            tasks.addTask {
                for _ in 0 ..< 20 {
                    let isReady = try await cluster.isReady()
                    #expect(isReady)
                }
                return nil
            }
            for try await reply in tasks where reply != nil { #expect(reply?.status == 400) }
        }
        #expect(try await cluster.complete("Once", maxTokens: 1).status == 200)
    }
}
