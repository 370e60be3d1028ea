import Testing
import Tokenizer

@Suite("Chat template") struct ChatTemplateTests {
    private let template = ChatTemplate()

    @Test("system, user and generation prompt render as the model's own template does")
    func checkString() {
        let system = "You are a helpful assistant created by MiniMax based on MiniMax-Text-01 model."
        let prompt = template.render([ChatMessage(role: "system", content: system), ChatMessage(role: "user", content: "Hello!")])
        #expect(prompt == "<beginning_of_sentence>system ai_setting=assistant\n" + system + "<end_of_sentence>\n"
            + "<beginning_of_sentence>user name=user\nHello!<end_of_sentence>\n<beginning_of_sentence>ai name=assistant\n")
    }

    @Test("tools stand behind all messages, one block each")
    func tools() {
        let prompt = template.render([ChatMessage(role: "user", content: "Hi")], tools: [#"{"name": "a"}"#, #"{"name": "b"}"#])
        #expect(prompt == """
            <beginning_of_sentence>user name=user
            Hi<end_of_sentence>
            <beginning_of_sentence>system function_setting=functions
            {"name": "a"}<end_of_sentence>
            <beginning_of_sentence>system function_setting=functions
            {"name": "b"}<end_of_sentence>
            <beginning_of_sentence>ai name=assistant

            """)
    }

    @Test("a result of role tool or function is a function response with its text as JSON", arguments: ["tool", "function"])
    func functionResponse(role: String) {
        let messages = [
            ChatMessage(role: "assistant", content: "calling"), ChatMessage(role: role, content: #"{"degrees": 21}"#, name: "weather"),
        ]
        #expect(template.render(messages, addingGenerationPrompt: false) == """
            <beginning_of_sentence>ai name=assistant
            calling<end_of_sentence>
            <beginning_of_sentence>system function_response=functions
            {"name": "weather", "response": {"degrees": 21}}<end_of_sentence>

            """)
    }

    @Test("an unknown role renders nothing, and no system prompt is made up")
    func unknownRole() {
        #expect(template.render([ChatMessage(role: "narrator", content: "x")], addingGenerationPrompt: false).isEmpty)
        #expect(template.render([]) == "<beginning_of_sentence>ai name=assistant\n")
    }

    @Test("the demo tokenizer reads a rendered prompt as special tokens and text, and nothing more")
    func tokens() throws {
        let tokenizer = try Fixtures.tokenizer("demo")
        let prompt = template.render([ChatMessage(role: "user", content: "Hello!")])
        let ids = tokenizer.encode(prompt)
        #expect(ids.first == tokenizer.id(of: "<beginning_of_sentence>"))
        #expect(ids.filter { tokenizer.isSpecial($0) }.count == 3)
        #expect(tokenizer.decode(ids, skippingSpecial: false) == prompt)
    }
}
