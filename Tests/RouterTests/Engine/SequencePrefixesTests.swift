import Checkpoint
import Messages
import Testing

@testable import Router

@Suite("Where a sequence begins") struct SequencePrefixesTests {
    @Test(
        "what has just ended and is about to be kept is waited for, where it has more than what is kept already",
        arguments: [
            (ended: 200, prompt: 260, scope: "a", waits: true), (ended: 40, prompt: 60, scope: "a", waits: true),
            (ended: 15, prompt: 60, scope: "a", waits: false), (ended: 200, prompt: 260, scope: "b", waits: false),
            // The state ends in a block that the prompt does not reach.
            (ended: 200, prompt: 150, scope: "a", waits: false),
        ])
    func justEnded(ended: Int, prompt: Int, scope: String, waits: Bool) {
        let sequence = TestSequence.make(2, promptCount: prompt, scope: "a")
        let prefixes = SequencePrefixes(
            book: PrefixBook(), policy: KeepPolicy(), rate: PrefillRate(), sequences: [2: sequence])
        let entry = Scheduler.Entry(
            id: 2,
            demand: Demand(promptCount: prompt, answerMax: 1),
            arrival: .zero)
        let keep = StepPlan.Keep(
            id: 1, state: 5, closes: true, scope: PrefixScope(text: scope),
            tokens: (0 ..< Int32(ended)).map { 10 + $0 },
            worth: .seconds(1))
        let beginning = prefixes.beginning(of: entry, on: [.first], beside: [], after: [keep])
        if waits {
            #expect(beginning == .wait(SharedPrefill.Wait(id: 1)))
        } else if case .wait = beginning {
            Issue.record("it waits for what does not help it")
        }
    }
}
