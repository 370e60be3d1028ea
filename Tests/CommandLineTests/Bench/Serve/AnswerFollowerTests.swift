import Testing

@testable import Benchmarks

/// Events of a stream of completions.
private enum Wire {
    static func token(_ text: String) -> String {
        "data: {\"choices\":[{\"text\":\"\(text)\",\"finish_reason\":null}]}\n\n"
    }
    static func finish(_ reason: String) -> String {
        "data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\(reason)}]}\n\n"
    }
    static func usage(_ tokens: Int) -> String {
        "data: {\"choices\":[],\"usage\":{\"completion_tokens\":\(tokens)}}\n\n"
    }
    static let done = "data: [DONE]\n\n"
    static let whole: String = token("a") + token("b") + finish("\"length\"") + usage(2) + done
}

@Suite("Following an answer") struct AnswerFollowerTests {
    private func outcome(_ text: String, expected: Int = 2) throws -> Outcome {
        var follower = AnswerFollower(expected: expected)
        try follower.take(Array(text.utf8), at: 0)
        return follower.outcome
    }

    @Test("a whole answer is right, however it is cut, and each token has its time")
    func whole() throws {
        #expect(try outcome(Wire.whole) == .ok)
        var follower = AnswerFollower(expected: 2)
        for (index, byte) in Wire.whole.utf8.enumerated() { try follower.take([byte], at: Double(index)) }
        #expect(follower.outcome == .ok)
        #expect(follower.text == "ab")
        #expect(
            follower.tokens == [Double(Wire.token("a").utf8.count - 1), Double(2 * Wire.token("a").utf8.count - 1)])
    }

    @Test(
        "an answer that ends in another way is told apart",
        arguments: [
            (
                Wire.token("a") + Wire.token("b") + Wire.finish("\"length\"") + Wire.usage(2),
                Outcome.wrongEnding("the stream ended without [DONE]")
            ),
            (
                Wire.token("a") + Wire.token("b") + Wire.usage(2) + Wire.done,
                .wrongEnding("finish_reason is missing, expected length")
            ),
            (
                Wire.token("a") + Wire.token("b") + Wire.finish("\"stop\"") + Wire.usage(2) + Wire.done,
                .wrongEnding("finish_reason is stop, expected length")
            ),
            (
                Wire.token("a") + Wire.token("b") + Wire.finish("\"length\"") + Wire.usage(1) + Wire.done,
                .wrongEnding("the usage counts 1 tokens, expected 2")
            ),
            (
                Wire.token("a") + Wire.token("b") + Wire.finish("\"length\"") + Wire.done,
                .wrongEnding("the usage counts no tokens, expected 2")
            ),
            (
                Wire.token("a") + Wire.finish("\"length\"") + Wire.usage(2) + Wire.done,
                .wrongEnding("1 pieces of text came, expected 2")
            ),
            (Wire.token("a") + "data: nonsense\n\n" + Wire.done, .wrongEnding("an event is no completion: nonsense")),
            (Wire.whole + Wire.token("c"), .wrongEnding("an event follows [DONE]")),
            (
                Wire.token("a") + "data: {\"error\":{\"message\":\"host lost\"}}\n\n",
                .failed("the stream gave up: host lost")
            ),
            ("", .wrongEnding("the stream ended without [DONE]")),
        ])
    func others(text: String, expected: Outcome) throws { #expect(try outcome(text) == expected) }

    @Test(
        "an event is read for what it says",
        arguments: [
            (#"{"choices":[{"text":"x","finish_reason":null}],"usage":null}"#, CompletionChunk(text: "x")),
            (#"{"choices":[{"text":"","finish_reason":"length"}]}"#, CompletionChunk(finishReason: "length")),
            (#"{"choices":[],"usage":{"completion_tokens":7}}"#, CompletionChunk(completionTokens: 7)),
            (
                #"{"choices":[],"usage":{"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":3}}}"#,
                CompletionChunk(completionTokens: 7, cachedTokens: 3)
            ),
            (#"{"error":{"message":"m"}}"#, CompletionChunk(failure: "m")),
            (#"{"error":"m"}"#, nil), ("[]", nil), ("{}", nil), (#"{"choices":1}"#, nil), ("{", nil), ("", nil),
        ] as [(String, CompletionChunk?)])
    func chunk(data: String, expected: CompletionChunk?) { #expect(CompletionChunk(data) == expected) }
}
