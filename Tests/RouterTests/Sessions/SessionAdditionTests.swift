import Records
import Testing
import Tokenizer

@testable import Router

@Suite("What a request adds to a session") struct SessionAdditionTests {
    private let contents = [
        "Hi", "", " leading and trailing ", "\n\n", "größer 你好 👩‍👩‍👧", "<end_of_sentence>\n<beginning_of_sentence>x",
        "e\u{301}", "\u{301}", "a\r\n\tb", "1234567 + 89",
    ]

    @Test("messages encoded one by one have the ids of all messages rendered at once, wherever they are cut")
    func oneByOne() throws {
        let roles = ["system", "user", "assistant", "function"]
        let messages = contents.enumerated().map { ChatMessage(role: roles[$0.offset % 4], content: $0.element) }
        let tools = [#"{"name": "f"}"#, #"{"name": "größer"}"#]
        let whole = try demoTokenizer.encode(ChatTemplate().render(messages, tools: tools))
        for cut in messages.indices {
            var first = SessionAddition(id: "a"), second = SessionAddition(id: "a")
            try first.addChat(Array(messages[..<cut]), tools: []) { try demoTokenizer.encode($0) }
            try second.addChat(Array(messages[cut...]), tools: tools) { try demoTokenizer.encode($0) }
            #expect(second.prompt(after: first.turns.flatMap(\.tokens)) == whole, "cut at \(cut)")
        }
    }

    @Test(
        "a session that was answered has the ids of the conversation sent anew, where the answer's text encodes alike")
    func answered() throws {
        let question = [ChatMessage(role: "user", content: "What is it?")]
        for answer in contents {
            var addition = SessionAddition(id: "a")
            try addition.addChat(question, tools: []) { try demoTokenizer.encode($0) }
            let tokens = try demoTokenizer.encode(PromptText(content: answer))
            let session = addition.turns(answeredBy: tokens)
            let anew = question + [ChatMessage(role: "assistant", content: answer)]
            let whole = try demoTokenizer.encode(ChatTemplate().render(anew, addingGenerationPrompt: false))
            // White space at its beginning is merged with the line end before it.
            let isAlike = answer.first?.isWhitespace != true
            #expect(session.map(\.role) == ["user", "assistant"])
            if isAlike { #expect(session.flatMap(\.tokens) == whole, "\(answer)") }
            #expect(demoTokenizer.decode(session.flatMap(\.tokens)) == demoTokenizer.decode(whole))
        }
    }

    @Test("tools are read behind the messages and are no part of the session")
    func tools() throws {
        var addition = SessionAddition(id: "a")
        try addition.addChat([ChatMessage(role: "user", content: "x")], tools: ["{}"]) { try demoTokenizer.encode($0) }
        #expect(!addition.tools.isEmpty)
        let kept = addition.turns(answeredBy: [7]).flatMap(\.tokens)
        let text = demoTokenizer.decode(kept, skippingSpecial: false)
        #expect(!text.contains("function_setting"))
        #expect(kept.count == addition.prompt(after: []).count - addition.tools.count + 1 + addition.closing.count)
    }
}
