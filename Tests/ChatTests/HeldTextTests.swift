import Chat
import Testing

@Suite("Text of an answer that is held back") struct HeldTextTests {
    /// What comes out with each text, and how much is held behind it.
    private func steps(_ texts: [String], _ syntax: AnswerSyntax) -> [(pieces: [AnswerPiece], held: Int)] {
        var reader = AnswerReader(syntax)
        return texts.map { text in (reader.append(1, text), reader.heldScalars) }
    }

    @Test("only what may still become a marker, and newlines, are held back") func held() {
        let steps = steps(["é <tool", "s> <tool_", "call", "x\n", "\n", "y", "<", "<"], .toolCalls)
        #expect(steps.map(\.held) == [5, 6, 10, 1, 2, 0, 1, 1])
        #expect(
            steps.map(\.pieces) == [
                [.text("é ")], [.text("<tools> ")], [], [.text("<tool_callx")], [], [.text("\n\ny")], [], [.text("<")],
            ])
    }

    @Test("arguments come out as they come") func arguments() {
        let texts = ["```typescript\nfunctions.f(", "{\"a", "\": \"é", ")\"", "}", " ", ")", "\n", "```", "\n", "x"]
        let steps = steps(texts, .functionCallText)
        #expect(steps.map(\.held) == [26, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0])
        #expect(
            steps.map(\.pieces) == [
                [], [.callBegins(name: "f"), .callArguments("{\"a")], [.callArguments("\": \"é")],
                [.callArguments(")\"")], [.callArguments("}")], [], [.callEnds], [], [], [], [.text("x")],
            ])
    }

    @Test("with a token for calls, text is held back for newlines only") func tokenOnly() {
        let steps = steps(["a\n", "```typescript\nfunctions.f({", "\r\n", "b"], .functionCall)
        #expect(steps.map(\.held) == [1, 0, 2, 0])
    }

    @Test("a million characters of arguments, text, newlines or brackets are read one by one") func large() {
        let arguments = "{\"a\": \"" + String(repeating: "é\\\"", count: 350_000) + "\"}"
        let object = "{\"name\": \"f\", \"arguments\": \(arguments)}"
        let late = "{\"arguments\": \(arguments), \"name\": \"f\"}"
        for object in [object, late] {
            #expect(read("<tool_calls>\n\(object)\n</tool_calls>", .toolCalls) == call("f", arguments))
        }
        let newlines = String(repeating: "\n", count: 1_000_000) + "x"
        #expect(read(newlines, .toolCalls) == [.text(newlines)])
        let brackets = String(repeating: "{\"a\":[", count: 200_000)
        #expect(
            read("\(functionCallToken)```typescript\nfunctions.f(\(brackets)", .functionCall) == call("f", brackets))
        #expect(read("<tool_calls>{\"a\":\(brackets)", .toolCalls) == [.text("<tool_calls>{\"a\":\(brackets)")])
    }
}
