import Chat
import Records
import TestSupport
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
        let places = [ChatTemplate.ToolPlace.behindMessages, .behindSystem]
        for (cut, place) in messages.indices.flatMap({ cut in places.map { (cut, $0) } }) {
            let whole = try demoTokenizer.encode(ChatTemplate(toolPlace: place).render(messages, tools: tools))
            var first = SessionAddition(id: "a"), second = SessionAddition(id: "a", toolPlace: place)
            try first.addChat(Conversation(Array(messages[..<cut]))) { try demoTokenizer.encode($0) }
            try second.addChat(Conversation(Array(messages[cut...]), tools: tools)) { try demoTokenizer.encode($0) }
            #expect(second.prompt(after: first.turns).ids == whole, "cut at \(cut), \(place)")
        }
    }

    @Test(
        "a session that was answered has the ids of the conversation sent anew, where the answer's text encodes alike")
    func answered() throws {
        let question = [ChatMessage(role: "user", content: "What is it?")]
        for answer in contents {
            var addition = SessionAddition(id: "a")
            try addition.addChat(Conversation(question)) { try demoTokenizer.encode($0) }
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
        try addition.addChat(Conversation([ChatMessage(role: "user", content: "x")], tools: ["{}"])) {
            try demoTokenizer.encode($0)
        }
        #expect(!addition.tools.isEmpty)
        let kept = addition.turns(answeredBy: [7]).flatMap(\.tokens)
        let text = demoTokenizer.decode(kept, skippingSpecial: false)
        #expect(!text.contains("function_setting"))
        #expect(kept.count == addition.prompt(after: []).ids.count - addition.tools.count + 1 + addition.closing.count)
    }

    @Test("where tools come first, what stands before the messages is kept by itself, if that is much")
    func keepPoints() throws {
        for (length, count) in [(1, 1), (300, 2)] {
            var addition = SessionAddition(id: "a", toolPlace: .behindSystem)
            let tool = #"{"name": "\#(String(repeating: "f ", count: length))"}"#
            try addition.addChat(Conversation([ChatMessage(role: "user", content: "x")], tools: [tool])) {
                try demoTokenizer.encode($0)
            }
            let system = Session.Turn(role: "system", tokens: [5, 6]), prompt = addition.prompt(after: [system])
            #expect(prompt.keepAt.count == count && prompt.keepAt.last == prompt.ids.count - addition.opening.count)
            if count == 2 { #expect(prompt.keepAt.first == 2 + addition.tools.count) }
        }
    }
}
