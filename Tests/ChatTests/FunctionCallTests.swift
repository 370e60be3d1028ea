import Chat
import Testing

@Suite("Function calls in an answer") struct FunctionCallTests {
    private let fence = "```typescript\n"

    @Test("a call is its name and its arguments; text before and after it loses only newlines beside it")
    func one() {
        let answer =
            "I look. \n\n\(functionCallToken)\(fence)functions.weather( {\"city\": \"Zürich\"} )\n```\n\n  Done.\n"
        #expect(
            read(answer, .functionCall)
                == [.text("I look. ")] + call("weather", #"{"city": "Zürich"}"#) + [.text("  Done.\n")])
    }

    @Test(
        "arguments end where their JSON ends, whatever stands in their strings",
        arguments: [
            #"{"a": ")"}"#, #"{"a": "\")\n```"}"#, #"{"code": "f({\\"}"#, "{\"raw\": \"\n```\n\"}",
            #"{"a": {"b": [{}, "}"]}}"#,
            #"{"a": "</tool_calls><function_call>"}"#, #"{"emoji": "👩‍👩‍👧 \ud83d\ude00", "n": -1.5e+3}"#, "{ }",
            "{\n  \"a\": true\n}",
        ])
    func argumentsEnd(arguments: String) {
        let answer = "\(functionCallToken)\(fence)functions.f(\(arguments))\n```"
        #expect(read(answer, .functionCall) == call("f", arguments))
    }

    @Test("a call without arguments has an empty object") func noArguments() {
        #expect(read("\(functionCallToken)\(fence)functions.now( )\n```", .functionCall) == call("now", "{}"))
    }

    @Test(
        "several calls: each with its token, several fences, or several in one fence",
        arguments: [
            "\(functionCallToken)```typescript\nfunctions.a({})\n```"
                + "\(functionCallToken)```typescript\nfunctions.b({})\n```",
            "\(functionCallToken)```typescript\nfunctions.a({})\n```\n```typescript\nfunctions.b({})\n```",
            "\(functionCallToken)```typescript\nfunctions.a({})\nfunctions.b({})\n```",
            "\(functionCallToken)```typescript\nfunctions.a({}); functions.b({});\n```",
        ])
    func several(answer: String) {
        #expect(read(answer, .functionCall) == call("a", "{}") + call("b", "{}"))
    }

    @Test(
        "names of any letters, digits and joints are names",
        arguments: [
            "get_weather", "mcp__server__tool-1", "files.read", "größe", "天气",
        ])
    func names(name: String) {
        #expect(read("\(functionCallToken)\(fence)functions.\(name)({})\n```", .functionCall) == call(name, "{}"))
    }

    @Test(
        "what turns out to be no call comes back as text, fence included",
        arguments: [
            "```typescript\nfunctions.f(1)\n```", "```typescript\nfunctions.f", "```typescript\nfunctions.({})\n```",
            "```python\nfunctions.f({})\n```", "```typescript\nfunction.f({})\n```", "hello", "\n\n```typescript",
            "```typescript functions.f({})", "```typescript\nfunctions.a b({})\n```",
            "```typescript\nfunctions.f([])\n```",
        ])
    func broken(text: String) {
        #expect(read("Well\n\(functionCallToken)\(text)", .functionCall) == [.text("Well\n\(text)")])
    }

    @Test("with a token for calls, code that looks like one is text") func codeIsText() {
        let answer = "So:\n```typescript\nfunctions.f({\"a\": 1})\n```\nThat is <function_call> all."
        #expect(read(answer, .functionCall) == [.text(answer)])
    }

    @Test(
        "without such a token, the marker as a text or a fence at the beginning of a line begins a call",
        arguments: [
            "Hm<function_call>```typescript\nfunctions.f({})\n```", "Hm\n```typescript\nfunctions.f({})\n```",
            "Hm\n\n<function_call>\n```typescript\nfunctions.f({})\n```",
        ])
    func withoutToken(answer: String) {
        #expect(read(answer, .functionCallText) == [.text("Hm")] + call("f", "{}"))
    }

    @Test(
        "without such a token, other code is text, and so is a marker without a call",
        arguments: [
            "Hm ```typescript\nfunctions.f({})\n```", "```typescript\nfoo({})\n```",
            "````typescript\nfunctions.f({})\n````",
            "a\n```swift\nlet a = 1\n```\n\nb", "The tag <function_call> begins a call.", "<function_call",
            "a < b <<function_call>", "\n\n",
        ])
    func otherCode(answer: String) {
        #expect(read(answer, .functionCallText) == [.text(answer)])
    }

    @Test("a call inside what was not one is still found") func afterBroken() {
        #expect(
            read("<function<function_call>```typescript\n```typescript\nfunctions.f({})\n```", .functionCallText)
                == [.text("<function<function_call>```typescript\n")] + call("f", "{}"))
    }

    @Test(
        "arguments that are no JSON stay whole, without the bracket and the fence behind them",
        arguments: [
            "{'a': 1}", "{\"a\": 1}, {\"b\": 2}", "{\"a\": (1)}", "{\"a\": `x`}", "{a: <b>}", "{\"a\": [1}\n, `",
        ])
    func malformed(arguments: String) {
        let answer = "\(functionCallToken)\(fence)functions.f(\(arguments))\n```\nDone."
        #expect(read(answer, .functionCall) == call("f", arguments) + [.text("Done.")])
    }

    @Test("an answer that is cut off gives what there is, and the call ends") func cutOff() {
        let head = "\(functionCallToken)\(fence)functions.f("
        #expect(read(head + #"{"a": "b"#, .functionCall) == call("f", #"{"a": "b"#))
        #expect(read(head + #"{"a": 1}"#, .functionCall) == call("f", #"{"a": 1}"#))
        #expect(read(head + #"{"a": 1})"# + "\n``", .functionCall) == call("f", #"{"a": 1}"#))
        #expect(read(head + #"{"a": "#, .functionCall).last == .callEnds)
    }

    @Test("the token of another call ends one that was not finished") func tokenEndsCall() {
        let answer =
            "\(functionCallToken)\(fence)functions.a({\"x\": \"\(functionCallToken)\(fence)functions.b({})\n```"
        #expect(read(answer, .functionCall) == call("a", "{\"x\": \"") + call("b", "{}"))
        let broken = "\(functionCallToken)\(fence)func\(functionCallToken)\(fence)functions.b({})\n```"
        #expect(read(broken, .functionCall) == [.text("```typescript\nfunc")] + call("b", "{}"))
    }

    @Test("a token that has a text of its own leaves it out of a call, and in what is none") func spelledToken() {
        func tokens(_ rest: String) -> [AnswerToken] {
            [AnswerToken(text: "A\n"), AnswerToken(id: 0xE000, text: "é<function_call>"), AnswerToken(text: rest)]
        }
        #expect(
            read(tokens("```typescript\nfunctions.f({})\n```"), .functionCall)
                == [.text("A\né")] + call("f", "{}"))
        #expect(read(tokens("no"), .functionCall) == [.text("A\né<function_call>no")])
    }

    @Test("behind the last call that is wanted, everything is ignored") func callsMax() {
        let answer = "\(functionCallToken)\(fence)functions.a({})\nfunctions.b({})\n```\nText"
        #expect(read(answer, .functionCall, callsMax: 1) == call("a", "{}"))
        #expect(read(answer, .functionCall, callsMax: 2) == call("a", "{}") + call("b", "{}"))
        #expect(read(answer, .functionCall, callsMax: 3) == call("a", "{}") + call("b", "{}") + [.text("Text")])
        var reader = AnswerReader(.functionCall, callsMax: 1)
        _ = reader.append(0xE000, "")
        _ = reader.append(1, "```typescript\nfunctions.a({}")
        #expect(!reader.isDone && reader.calls == 1)
        #expect(reader.append(1, ")\n```\nText") == [.callEnds])
        #expect(reader.isDone && reader.heldScalars == 0)
        #expect(reader.append(0xE000, "") == [] && reader.finish() == [])
    }

    @Test("where no calls are wanted, they are text") func noCallsWanted() {
        let answer = "<function_call>```typescript\nfunctions.a({})\n```"
        #expect(read(answer, .functionCallText, callsMax: 0) == [.text(answer)])
    }
}
