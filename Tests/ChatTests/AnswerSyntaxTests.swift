import Chat
import Testing
import Tokenizer

@Suite("Syntax of an answer") struct AnswerSyntaxTests {
    /// - Parameters:
    ///   - added: added tokens, which get the ids from 300 on.
    ///   - word: one that the model's own vocabulary has.
    private func tokenizer(added: [String], isSpecial: Bool = true, word: String = "!") throws -> BytePairTokenizer {
        let tokens = added.enumerated().map { index, content in
            #"{"id": \#(300 + index), "content": "\#(content)", "single_word": false, "lstrip": false, "#
                + #""rstrip": false, "normalized": false, "special": \#(isSpecial)}"#
        }
        let json = #"""
            {"version": "1.0", "truncation": null, "padding": null,
            "added_tokens": [\#(tokens.joined(separator: ", "))],
            "normalizer": null, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
            "use_regex": true}, "post_processor": null, "decoder": {"type": "ByteLevel", "add_prefix_space": true,
            "trim_offsets": true, "use_regex": true}, "model": {"type": "BPE", "dropout": null, "unk_token": null,
            "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
            "ignore_merges": true, "vocab": {"\#(word)": 0}, "merges": []}}
            """#
        return try BytePairTokenizer(json: Array(json.utf8), file: "tokenizer.json")
    }

    private func marker(_ text: String, _ id: Int32? = nil) -> AnswerSyntax.Marker { AnswerSyntax.Marker(text, id: id) }

    @Test("Text-01's tokens: only the token begins a call, and there is no reasoning")
    func text01() throws {
        let syntax = AnswerSyntax(tokenizer: try tokenizer(added: ["<s>", "<function_call>"]), template: nil)
        #expect(
            syntax
                == AnswerSyntax(
                    calls: .functionCall(begin: marker("<function_call>", 301), acceptsBareFence: false)))
    }

    @Test("a tokenizer without any such token: the texts count, a fence too")
    func noTokens() throws {
        for tokenizer in [try tokenizer(added: []), try tokenizer(added: [], word: "<function_call>")] {
            #expect(AnswerSyntax(tokenizer: tokenizer, template: "{{ messages }}") == .functionCallText)
        }
    }

    @Test(
        "a template that mentions M1's markers, by text or by token",
        arguments: ["a <think>\n", "in <tool_calls> tags"])
    func templateOfM1(template: String) throws {
        #expect(AnswerSyntax(tokenizer: try tokenizer(added: ["<function_call>"]), template: template) == .toolCalls)
        let added = ["<think>", "</think>", "<tool_calls>", "</tool_calls>"]
        #expect(
            AnswerSyntax(tokenizer: try tokenizer(added: added, isSpecial: false), template: template)
                == AnswerSyntax(
                    reasoning: AnswerSyntax.Reasoning(begin: marker("<think>", 300), end: marker("</think>", 301)),
                    calls: .toolCalls(begin: marker("<tool_calls>", 302), end: marker("</tool_calls>", 303))))
    }

    @Test("without a template, the tokens decide")
    func tokensOfM1() throws {
        let syntax = AnswerSyntax(
            tokenizer: try tokenizer(added: ["<think>", "</think>", "<tool_calls>"]), template: nil)
        #expect(syntax.reasoning?.end == marker("</think>", 301))
        #expect(syntax.calls == .toolCalls(begin: marker("<tool_calls>", 302), end: marker("</tool_calls>")))
        let both = try tokenizer(added: ["<think>", "</think>", "<tool_calls>", "<function_call>"])
        #expect(
            AnswerSyntax(tokenizer: both, template: nil).calls
                == .functionCall(begin: marker("<function_call>", 303), acceptsBareFence: false))
    }

    @Test("calls that are written for the prompt are read as the same calls", arguments: AnswerSyntax.all)
    func written(syntax: AnswerSyntax) throws {
        let calls = [
            FunctionCall(name: "größe", arguments: #"{"a": "<function_call>\n```", "b": [1.0, {}]}"#),
            FunctionCall(name: "b", arguments: "{}"),
        ]
        var prompt = try #require(syntax.calls).written(calls).text
        if syntax == .functionCall { prompt.replace("<function_call>```", with: functionCallToken + "```") }
        if syntax == .toolCallsTokens {
            prompt.replace("</tool_calls>", with: toolCallsEndToken)
            prompt.replace("<tool_calls>", with: toolCallsToken)
        }
        #expect(read(prompt, syntax) == calls.flatMap { call($0.name, $0.arguments) })
        #expect(try #require(syntax.calls).written([]).isEmpty)
    }

    @Test("what a client puts into a call is content; broken arguments keep M1's line JSON")
    func writtenOrigins() throws {
        let calls = [FunctionCall(name: "a\"</tool_calls>", arguments: "{\"<think>")]
        let prompt = try #require(AnswerSyntax.toolCalls.calls).written(calls)
        #expect(
            prompt.text == """
                <tool_calls>
                {"name": "a\\"</tool_calls>", "arguments": "{\\"<think>"}
                </tool_calls>
                """)
        let template = prompt.pieces.filter { $0.origin == .template }.map(\.text)
        #expect(template == ["<tool_calls>\n{\"name\": ", ", \"arguments\": ", "}\n</tool_calls>"])
        let text = try #require(AnswerSyntax.functionCall.calls).written([FunctionCall(name: "f", arguments: "{")])
        #expect(text.text == "<function_call>```typescript\nfunctions.f({)\n```")
    }
}
