import Console
import JSON
import Testing

@testable import Benchmarks

@Suite("Following a chat") struct ChatFollowerTests {
    private static let role = #"data: {"choices":[{"delta":{"role":"assistant","content":""}}]}"# + "\n\n"
    private static let text = #"data: {"choices":[{"delta":{"content":" two"}}]}"# + "\n\n"
    private static let end = #"data: {"choices":[{"delta":{},"finish_reason":"length"}],"usage":null}"# + "\n\n"
    private static let usage =
        #"data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"#
        + #""prompt_tokens_details":{"cached_tokens":7}}}"# + "\n\n"
    private static let done = "data: [DONE]\n\n"

    private func follow(_ pieces: [String]) throws -> ChatReply {
        var follower = ChatFollower()
        for (index, piece) in pieces.enumerated() { try follower.take(Array(piece.utf8), at: Double(index)) }
        return try follower.reply()
    }

    @Test("the first text is the first token; a role alone is none")
    func whole() throws {
        let reply = try follow([Self.role, ": keep-alive\n\n", Self.text, Self.text, Self.end, Self.usage, Self.done])
        #expect(
            reply
                == ChatReply(
                    seconds: 2, text: " two two", usage: TokenUsage(prompt: 9, cached: 7, completion: 2)))
    }

    @Test("a server that does not tell what it reused has reused nothing")
    func noDetails() throws {
        let usage = #"data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}"# + "\n\n"
        #expect(try follow([Self.text, usage, Self.done]).usage.cached == 0)
    }

    @Test(
        "an answer that is not whole is refused",
        arguments: [
            ([text, usage], "broke off"), ([role, usage, done], "no text"), ([text, done], "usage"),
            (["data: {\"error\":{\"message\":\"no memory\"}}\n\n"], "no memory"), (["data: nonsense\n\n"], "nonsense"),
        ])
    func refused(pieces: [String], named: String) {
        let error = #expect(throws: StartError.self) { try follow(pieces) }
        #expect(error?.description.contains(named) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test("a request has the messages as they are, and asks for the usage")
    func body() throws {
        let chat = ChatBody(
            messages: [.init(role: .user, text: "a \"b\"\n"), .init(role: .assistant, text: " c")], tokensMax: 5,
            choice: [3, 17])
        let json = try JSONReader.read(chat.json)
        #expect(
            json["messages"]
                == [["role": "user", "content": "a \"b\"\n"], ["role": "assistant", "content": " c"]])
        #expect(json["logit_bias"] == ["3": 100, "17": 100] && json["max_tokens"]?.integer == 5)
        #expect(json["stream_options"]?["include_usage"] == true && json["stream"] == true)
    }
}
