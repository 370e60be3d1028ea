import JSON
import Synchronization
import Tokenizer

@testable import Router

/// What the demo model would say to call a function.
func saidCall(_ name: String, _ arguments: String) -> [Int32] {
    demoTokenizer.encode("<function_call>```typescript\nfunctions.\(name)(\(arguments))\n```")
}

/// Answers each request with the next of these texts, the last one again and again; special tokens count.
func answering(_ answers: String...) -> ScriptedGenerator { answering(answers.map { demoTokenizer.encode($0) }) }

func answering(_ answers: [[Int32]]) -> ScriptedGenerator {
    let turn = Turns(answers)
    return ScriptedGenerator { request, emit in try await ScriptedGenerator.say(turn.next(), request, emit) }
}

private final class Turns: Sendable {
    private let answers: [[Int32]]
    private let given = Mutex(0)

    init(_ answers: [[Int32]]) { self.answers = answers }

    func next() -> [Int32] {
        given.withLock { given in
            given += 1
            return answers[min(given, answers.count) - 1]
        }
    }
}

extension FrontClient {
    func respond(_ body: String, key: String = "mine") async throws -> Answer {
        try await ask("POST", "/v1/responses", body, key: key)
    }
}

extension FrontClient.Answer {
    /// The ids of responses and items are made up of random numbers.
    var id: String { if case .string(let id)? = json["id"] { id } else { "" } }
    var output: [JSONValue] { json["output"]?.list ?? [] }
    /// All text that the answer says.
    var outputText: String {
        output.filter { $0["type"] == "message" }.compactMap { $0["content"]?.list.first?["text"]?.string }.joined()
    }
}

extension JSONValue {
    var list: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    var string: String? { if case .string(let text) = self { text } else { nil } }
}

extension [JSONValue] {
    /// Those of events.
    var sequenceNumbers: [Int] { map { $0["sequence_number"]?.integer ?? -1 } }
}

extension ScriptedGenerator {
    /// The prompts in the order of the requests, as text with special tokens.
    var promptTexts: [String] { prompts.map { demoTokenizer.decode($0, skippingSpecial: false) } }
}
