import Chat
import Testing

@Suite("Reasoning in an answer") struct ReasoningTests {
    @Test(
        "reasoning stands between its markers, without the newlines beside them",
        arguments: [
            "<think>\nHm,\n\nso.\n</think>\n\nYes.\n", "\n<think>Hm,\n\nso.</think>Yes.\n",
            "<think>\n\nHm,\n\nso.\n\n</think>Yes.\n",
        ])
    func markers(answer: String) {
        #expect(read(answer, .toolCalls) == [.reasoning("Hm,\n\nso."), .text("Yes.\n")])
    }

    @Test(
        "an answer whose prompt ended within reasoning begins there, marker or not",
        arguments: [
            "Hm.\n</think>\n\nYes.", "\nHm.</think>Yes.", "<think>\nHm.\n</think>\nYes.",
        ])
    func begun(answer: String) {
        #expect(read(answer, .toolCalls, isReasoning: true) == [.reasoning("Hm."), .text("Yes.")])
    }

    @Test("reasoning without an end is all of the answer") func endless() {
        #expect(read("<think>\nHm <b>\n</thin", .toolCalls) == [.reasoning("Hm <b>\n</thin")])
        #expect(read("Hm <think>\n", .toolCalls, isReasoning: true) == [.reasoning("Hm <think>\n")])
    }

    @Test("nothing to think of gives no reasoning") func empty() {
        #expect(read("<think>\n\n</think>\n\nYes.", .toolCalls) == [.text("Yes.")])
    }

    @Test("a marker that is a text counts at the beginning of the answer only") func later() {
        let answer = "The tag <think> and </think>."
        #expect(read(answer, .toolCalls) == [.text(answer)])
        #expect(
            read("<think>a</think>b\n<think>c</think>", .toolCalls)
                == [.reasoning("a"), .text("b\n<think>c</think>")])
    }

    @Test("a marker that is a token counts everywhere") func tokens() {
        let answer = "A\n\(thinkToken)\nb\n\(thinkEndToken)\nC\(thinkEndToken)\(thinkToken)d"
        #expect(read(answer, .toolCallsTokens) == [.text("A"), .reasoning("b"), .text("C"), .reasoning("d")])
    }

    @Test("calls are looked for behind reasoning, not within it") func calls() {
        let block = "<tool_calls>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_calls>"
        #expect(
            read("<think>\n\(block)\n</think>\n\n\(block)", .toolCalls) == [.reasoning(block)] + call("f", "{}"))
    }

    @Test("without reasoning in the syntax, its markers are text") func noReasoning() {
        let answer = "<think>\na\n</think>\n\nb"
        #expect(read(answer, .functionCall, isReasoning: true) == [.text(answer)])
    }

    @Test("without anything in the syntax, text passes through at once") func plain() {
        var reader = AnswerReader(AnswerSyntax(), isReasoning: true, callsMax: 1)
        for text in ["\n", "<think>", "", "<function_call>```typescript\nfunctions.f({})", "</tool_calls>\n"] {
            #expect(reader.append(0xE000, text) == (text.isEmpty ? [] : [.text(text)]))
            #expect(reader.heldScalars == 0)
        }
        #expect(reader.finish() == [] && reader.calls == 0 && !reader.isDone)
    }
}
