import Chat
import Testing

@Suite("Tool calls in an answer") struct ToolCallsTests {
    private func block(_ lines: String...) -> String {
        "<tool_calls>\n" + lines.map { $0 + "\n" }.joined() + "</tool_calls>"
    }

    @Test("one object a line is one call each; newlines beside the block belong to nothing")
    func lines() {
        let answer =
            "I look.\n\n"
            + block(#"{"name": "a", "arguments": {"city": "Zürich"}}"#, #"{"name": "b", "arguments": {}}"#)
            + "\n\nDone."
        #expect(
            read(answer, .toolCalls)
                == [.text("I look.")] + call("a", #"{"city": "Zürich"}"#) + call("b", "{}") + [.text("Done.")])
    }

    @Test(
        "members stand in any order, others are passed over, arguments may be a string of JSON",
        arguments: [
            #"{"arguments": {"x": "}"}, "name": "f"}"#,
            #"{"id": [1, {"a": "]"}], "name": "f", "arguments": {"x": "}"}}"#,
            #"{"name" : "f" , "type": null, "arguments" : {"x": "}"} , "id": "c\"1"}"#,
            #"{"name": "f", "arguments": "{\"x\": \"}\"}"}"#, #"{"arguments": "{\"x\": \"}\"}", "name": "f"}"#,
            #"{"name": "f", "arguments": " {\"x\": \"\u007d\"}", "index": 0}"#,
            #"{"na\u006De": "f", "arguments": {"x": "}"}}"#,
        ])
    func shapes(object: String) {
        #expect(read(block(object), .toolCalls) == call("f", #"{"x": "}"}"#))
    }

    @Test(
        "no arguments, null and an empty string are an empty object",
        arguments: [
            #"{"name": "f"}"#, #"{"name": "f", "arguments": null}"#, #"{"arguments": null, "name": "f"}"#,
            #"{"name": "f", "arguments": ""}"#, #"{"arguments": " ", "name": "f"}"#, #"{"name": "f", "arguments": {}}"#,
        ])
    func empty(object: String) {
        #expect(read(block(object), .toolCalls) == call("f", "{}"))
    }

    @Test(
        "escapes in a string of arguments are resolved; wrong ones stay as they are",
        arguments: [
            (#"\n\t\/\\"#, "\n\t/\\"), (#"\u00e9\ud83d\ude00"#, "é😀"), (#"\ud83d"#, #"\ud83d"#),
            (#"\ud83dx\n"#, "\\ud83dx\n"),
            (#"\ud83d\n"#, "\\ud83d\n"), (#"\ud83d\u0041"#, #"\ud83d\u0041"#), (#"\u12"#, #"\u12"#), (#"\x"#, #"\x"#),
            (#"\u12\n"#, "\\u12\n"), (#"\ud83d\ud8"#, #"\ud83d\ud8"#),
        ])
    func escapes(written: String, read text: String) {
        #expect(
            read(block(#"{"name": "f", "arguments": "{"# + written + #""}"#), .toolCalls) == call("f", "{" + text))
    }

    @Test(
        "what turns out to be no call comes back as text, markers included",
        arguments: [
            "<tool_calls>", "<tool_calls>\n</tool_calls>", "<tool_calls>\n[]\n</tool_calls>",
            "<tool_calls>\n{\"name\": 1}\n</tool_calls>", "<tool_calls>\n{\"arguments\": {}}\n</tool_calls>",
            "<tool_calls>\n{\"name\": \"f\", \"arguments\": [1]}\n</tool_calls>", "<tool_calls>\n{\"name\": \"f\"",
            "<tool_calls>\n{\"name\": \"f\", \"arguments\": true}", "<tool_calls>\n{\"name\": \"\", \"arguments\": {}}",
            "<tool_calls>\n{\"name\": \"f\", \"arguments\": \"text\"}",
            "<tool_calls>\n{\"arguments\": \"text\", \"name\"",
            "<tool_calls>\n{\"arguments\": {\"a\": 'b'}, \"name\": \"f\"}", "The tag <tool_calls> begins calls.",
            "<tool_calls>\n{name: \"f\"}", "<tool_calls>\n{\"name\": \"f\ng\"}", "<tool_calls>\n{\"na\\xme\": \"f\"} x",
            "<tool_calls>\n{,}", "<tool_calls>\n{\"name\": \"\\x\"}", "a </tool_calls> b",
        ])
    func broken(text: String) {
        #expect(read("Well\n\(text)\n", .toolCalls) == [.text("Well\n\(text)\n")])
    }

    @Test("behind a call, what is no other one is text") func textInBlock() {
        let answer = "<tool_calls>\n{\"name\": \"a\"}\n\n oops {\"name\": \"b\"}\n</tool_calls>"
        #expect(
            read(answer, .toolCalls)
                == call("a", "{}") + [.text(" oops {\"name\": \"b\"}\n</tool_calls>")])
    }

    @Test(
        "arguments that are no JSON stay whole, up to the next object or the end of the block",
        arguments: [
            "{'a': {'b': 1}}", "{\"a\": <b>}", "{\"a\": 'x'\n  {}}",
        ])
    func malformed(arguments: String) {
        let first = "{\"name\": \"a\", \"arguments\": \(arguments)}"
        #expect(read(block(first) + "\nDone.", .toolCalls) == call("a", arguments) + [.text("Done.")])
        #expect(
            read(block(first, #"{"name": "b", "arguments": {}}"#), .toolCalls)
                == call("a", arguments) + call("b", "{}"))
    }

    @Test("what no JSON has behind the arguments stays in them") func malformedRest() {
        let answer = block(#"{"name": "a", "arguments": {"x": 1}, "id": 'c'}"#)
        #expect(read(answer, .toolCalls) == call("a", #"{"x": 1}, "id": 'c'"#))
    }

    @Test("an answer that is cut off gives what there is, and the call ends") func cutOff() {
        let head = #"<tool_calls>\#n{"name": "f", "arguments": "#
        #expect(read(head + #"{"a": "b"#, .toolCalls) == call("f", #"{"a": "b"#))
        #expect(read(head + #""{\"a\u00"#, .toolCalls) == call("f", #"{"a\u00"#))
        #expect(read(head + #"{"a": 1}, "id"#, .toolCalls) == call("f", #"{"a": 1}"#))
        #expect(read(head + "{}}\n</tool", .toolCalls) == call("f", "{}"))
        #expect(read(head + "{'a'}}\n</tool", .toolCalls) == call("f", "{'a'}"))
    }

    @Test("where the markers are tokens, their texts are text") func tokens() {
        let object = #"{"name": "f", "arguments": {"a": "</tool_calls>"}}"#
        #expect(
            read("A\n\(toolCallsToken)\n\(object)\n\(object)\(toolCallsEndToken)\nB", .toolCallsTokens)
                == [.text("A")] + call("f", #"{"a": "</tool_calls>"}"#) + call("f", #"{"a": "</tool_calls>"}"#)
                + [.text("B")])
        let spelled = "<think>x</think> <tool_calls>\n\(object)</tool_calls>"
        #expect(read(spelled, .toolCallsTokens) == [.text(spelled)])
    }

    @Test("the token behind the block ends a call that was not finished, and a block that is none is text")
    func endToken() {
        #expect(
            read("\(toolCallsToken){\"name\": \"f\", \"arguments\": {\"a\(toolCallsEndToken)B", .toolCallsTokens)
                == call("f", "{\"a") + [.text("B")])
        #expect(read("\(toolCallsToken)\nno\(toolCallsEndToken)\nB", .toolCallsTokens) == [.text("\nno\nB")])
        let spelled = [
            AnswerToken(id: 0xE003, text: "<tool_calls>"), AnswerToken(text: "\n{"),
            AnswerToken(id: 0xE004, text: "</tool_calls>"), AnswerToken(text: "\nB"),
        ]
        #expect(read(spelled, .toolCallsTokens) == [.text("<tool_calls>\n{</tool_calls>\nB")])
    }

    @Test("a name that comes behind its arguments brings them along") func lateName() {
        var reader = AnswerReader(.toolCalls)
        let early = "<tool_calls>\n{\"arguments\": {\"a\": 1}, \"name\": \"f"
        #expect(reader.append(1, early) == [])
        #expect(reader.heldScalars == early.unicodeScalars.count)
        #expect(reader.append(1, "\"") == [.callBegins(name: "f"), .callArguments("{\"a\": 1}")])
        #expect(reader.heldScalars == 0)
        #expect(reader.append(1, "}") == [.callEnds])
    }
}
