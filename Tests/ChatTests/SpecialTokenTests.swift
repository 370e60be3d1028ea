import Chat
import JSON
import TestSupport
import Testing
import Tokenizer

@Suite("Special tokens that clients spell") struct SpecialTokenTests {
    private static let names = ["own", "minimax-text-01", "minimax-m1"]

    private func template(_ name: String) throws -> any PromptTemplate {
        guard name != "own" else { return ChatTemplate() }
        return try CheckpointTemplate(sources: ["default": try Fixtures.template(name)], tokens: [])
    }

    /// A conversation in which a client says `text` wherever it can.
    private func conversation(_ text: String) -> Conversation {
        let call = FunctionCall(id: "a", name: text, arguments: text)
        return Conversation(
            messages: [
                ChatMessage(role: "system", content: text), ChatMessage(role: "user", content: text),
                ChatMessage(role: "assistant", content: text, reasoning: text, calls: [call]),
                ChatMessage(role: "function", content: text, name: text, callID: text),
                ChatMessage(role: "user", content: text),
            ], tools: [ToolDefinition(name: text, function: ["name": .string(text), "description": .string(text)])])
    }

    /// A text of special tokens, whole, cut, one in another, and of other characters.
    private func text(_ specials: [String], _ random: inout SplitMix64) -> String {
        (0 ..< Int.random(in: 1 ... 6, using: &random)).reduce(into: "") { text, _ in
            let one = specials.randomElement(using: &random) ?? "", other = specials.randomElement(using: &random) ?? ""
            let cut = one.index(one.startIndex, offsetBy: Int.random(in: 0 ... one.count, using: &random))
            switch Int.random(in: 0 ... 5, using: &random) {
            case 0: text += one
            case 1: text += one[..<cut]
            case 2: text += one[cut...]
            case 3: text += one[..<cut] + other + one[cut...]
            case 4: text += ["\n", " ", "ß", "\u{301}", "👩‍👩‍👧", "{{", "\\"].randomElement(using: &random) ?? ""
            default: text += String(one.reversed())
            }
        }
    }

    @Test("none becomes a special token: a prompt has those that the template wrote and no other", arguments: names)
    func none(name: String) throws {
        let tokenizer = try Fixtures.tokenizer("demo"), template = try template(name)
        let specials = (0 ..< Int32(4096)).filter { tokenizer.isSpecial($0) }.compactMap { tokenizer.spelling(of: $0) }
        try #require(specials.count == 8)
        func found(_ text: String) throws -> [Int32] {
            let prompt = try template.render(conversation(text), ending: .answer, PromptCircumstances())
            return tokenizer.ids(of: prompt).filter { tokenizer.isSpecial($0) }
        }
        let expected = try found("x")
        #expect(!expected.isEmpty)
        var random = SplitMix64(seed: 16)
        for _ in 0 ..< 400 {
            let text = text(specials, &random)
            #expect(try found(text) == expected, "\(text)")
        }
    }
}
