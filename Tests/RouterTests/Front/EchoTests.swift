import JSON
import Testing
import Tokenizer

@testable import Router

/// Where a prompt of token ids ends inside a character, the echo and the answer share that character.
@Suite("Echo and answer as one text") struct EchoTests {
    private struct Said {
        var text = ""
        var tokens: [JSONValue] = []
        var offsets: [JSONValue] = []
        var finish: JSONValue = .null
    }

    /// The token of a single byte.
    private static func byte(_ byte: UInt8) -> Int32 {
        (0 ..< Int32(demoTokenizer.vocabularyCount)).first { demoTokenizer.bytes(of: $0) == [byte] } ?? -1
    }

    private static func bytes(_ text: String) -> [Int32] { text.utf8.map(byte) }

    /// Every choice of a request, read whole or put together from its stream.
    private func choices(
        _ prompt: [Int32], answer: [Int32], _ extra: String = "", stream: Bool, count: Int = 1
    ) async throws -> [Said] {
        var said = [Said](repeating: Said(), count: count)
        let body = #"{"prompt":\#(prompt),"echo":true,"stream":\#(stream),"max_tokens":9,"n":\#(count)\#(extra)}"#
        let received = Received()
        try await withFront(ScriptedGenerator.saying(answer)) { client in
            let answer = try await client.post("/v1/completions", body)
            #expect(answer.status == 200, "\(answer.body)")
            await received.set(
                (stream ? answer.chunks : [answer.json]).flatMap { part -> [JSONValue] in
                    if case .array(let choices)? = part["choices"] { choices } else { [] }
                })
        }
        for part in await received.parts {
            guard let index = part["index"]?.integer, said.indices.contains(index) else { continue }
            if case .string(let text)? = part["text"] { said[index].text += text }
            if case .array(let tokens)? = part["logprobs"]?["tokens"] { said[index].tokens += tokens }
            if case .array(let offsets)? = part["logprobs"]?["text_offset"] { said[index].offsets += offsets }
            if let finish = part["finish_reason"], finish != .null { said[index].finish = finish }
        }
        return said
    }

    private actor Received {
        var parts: [JSONValue] = []
        func set(_ parts: [JSONValue]) { self.parts = parts }
    }

    @Test(
        "a character split anywhere between prompt and answer comes out whole, in every choice, whole or streamed",
        arguments: [1, 2, 3])
    func splitCharacter(cut: Int) async throws {
        let all = Self.bytes("a😀b")
        for stream in [false, true] {
            for said in try await choices(
                Array(all[..<(1 + cut)]), answer: Array(all[(1 + cut)...]), stream: stream, count: 3)
            {
                #expect(said.text == "a😀b")
            }
        }
    }

    @Test(
        "what stays broken is one U+FFFD for each part of a character, as in the decoded whole",
        arguments: [
            ([0x61, 0xF0, 0x9F], [0x62]), ([0xF0, 0x9F], [0x98]), ([0xF0], []), ([0x61, 0xE2], [0x82, 0x82, 0xAC]),
            ([0xF0, 0x9F], [0xF0, 0x9F, 0x98, 0x80]), ([0x80], [0x80]),
        ] as [([UInt8], [UInt8])])
    func brokenCharacter(prompt: [UInt8], answer: [UInt8]) async throws {
        let ids = (prompt + answer).map(Self.byte)
        for stream in [false, true] {
            let said = try await choices(prompt.map(Self.byte), answer: answer.map(Self.byte), stream: stream)
            #expect(said[0].text == demoTokenizer.decode(ids), "\(prompt) \(answer)")
        }
    }

    @Test("each token is reported once, in order, at the character it belongs to")
    func reports() async throws {
        let all = Self.bytes("a😀b")
        for stream in [false, true] {
            let said = try await choices(Array(all[..<3]), answer: Array(all[3...]), #","logprobs":0"#, stream: stream)
            #expect(said[0].text == "a😀b")
            #expect(said[0].tokens == all.map { .string(TokenName($0, demoTokenizer).text) })
            #expect(said[0].offsets == [0, 1, 1, 1, 1, 2].map { .int($0) })
        }
    }

    @Test("special tokens are text in the echo and none in the answer; a split character reaches across them")
    func specialTokens() async throws {
        let all = Self.bytes("😀")
        let said = try await choices(
            [4091] + Array(all[..<2]), answer: [4092] + Array(all[2...]) + [4092], stream: true)
        #expect(said[0].text == "<beginning_of_sentence>😀")
    }

    @Test(
        "a stop string is looked for in what the model wrote, not in a character that the prompt began",
        arguments: [("😀", "a😀b", "length"), ("b", "a😀", "stop")])
    func stops(stop: String, text: String, finish: String) async throws {
        let all = Self.bytes("a😀bbbbbbbbbbbbbb")
        for stream in [false, true] {
            let said = try await choices(
                Array(all[..<3]), answer: Array(all[3...]), #","stop":"\#(stop)""#, stream: stream)
            #expect(said[0].text.hasPrefix(text) && said[0].finish == .string(finish))
            if finish == "stop" { #expect(said[0].text == text) }
        }
    }
}
