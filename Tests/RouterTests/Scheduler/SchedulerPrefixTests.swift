internal import Checkpoint
internal import Messages
internal import Testing

@testable import Router

/// Answers as the test says.
private struct Prefixes: PrefixSource {
    var beginnings: [SequenceID: SequenceBeginning] = [:]
    /// Whether states are kept where the scheduler asks.
    var keeps = true

    func beginning(
        of entry: Scheduler.Entry, on replicas: Set<ReplicaID>, beside running: [Scheduler.Entry],
        after keeps: [StepPlan.Keep]
    ) -> SequenceBeginning {
        beginnings[entry.id] ?? .now(PrefixMatch(), keepAt: [])
    }

    func keep(_ id: SequenceID, on replica: ReplicaID, length: Int, since: Int, closes: Bool) -> StepPlan.Keep? {
        guard keeps else { return nil }
        return StepPlan.Keep(
            id: id, replica: replica, state: 1, closes: closes, scope: .everyone,
            tokens: [Int32](repeating: 0, count: length),
            worth: .seconds(length - since))
    }
}

extension SequenceBeginning {
    /// At once, wherever there is room.
    fileprivate static func now(_ match: PrefixMatch, keepAt: [Int]) -> SequenceBeginning {
        .now(SequenceStarts(unknown: SequenceStart(match: match, keepAt: keepAt)))
    }
}

/// Sequences that begin from kept states, and whose states are kept.
@Suite("Scheduler with kept states") struct SchedulerPrefixTests {
    private static let size = StateSize(fixedBytes: 100, pageBytes: 10, pageLength: 10)
    private var scheduler = Scheduler(.init(placesMax: 4, waitingMax: 4, memoryBytes: 10_000, size: size))
    private var prefixes = Prefixes()

    private mutating func submit(_ id: SequenceID, prompt: Int = 100, answer: Int = 10) {
        let demand = Demand(promptCount: prompt, answerMax: answer)
        let submission = scheduler.submit(id, demand, at: .zero)
        #expect(submission == .queued)
    }

    private mutating func plan() -> StepPlan {
        let plan = scheduler.plan(at: .zero, promptRowsMax: (beside: 60, alone: 60), prefixes: prefixes)
        scheduler.completed(plan.rows)
        return plan
    }

    @Test("a sequence that begins from a state reads what the state does not have")
    func begins() {
        var test = self
        test.submit(1)
        test.prefixes.beginnings[1] = .now(PrefixMatch(state: 7, reused: 80, matched: 90), keepAt: [])
        let plan = test.plan()
        #expect(plan.opens == [1: StepPlan.Opening(tokensMax: 110, state: 7, length: 80)])
        #expect(plan.rows == [.init(id: 1, start: 80, count: 20, yieldsToken: true)])
    }

    @Test("rows end where a state is to be kept, which happens before the next ones")
    func keepPoints() {
        var test = self
        test.submit(1, prompt: 100)
        test.prefixes.beginnings[1] = .now(PrefixMatch(), keepAt: [30, 50, 100])
        let plans = (0 ..< 4).map { _ in test.plan() }
        #expect(plans.map { $0.rows.map(\.start) } == [[0], [30], [50], [100]])
        #expect(plans.map { $0.keeps.map(\.tokens.count) } == [[], [30], [50], [100]])
        #expect(plans.allSatisfy { $0.keeps.allSatisfy { !$0.closes } })
    }

    @Test("prompts with little room before the next state leave the rows to others")
    func shares() {
        var test = self
        test.submit(1)
        test.submit(2)
        test.prefixes.beginnings[1] = .now(PrefixMatch(), keepAt: [20])
        #expect(test.plan().rows.map(\.count) == [20, 40])
    }

    @Test("what a sequence leaves behind is kept as far as its last step was computed, or else closed")
    func end() {
        var test = self
        test.submit(1)
        test.submit(2)
        test.submit(3)
        let plan = test.scheduler.plan(at: .zero, promptRowsMax: (60, 60), prefixes: test.prefixes)
        test.scheduler.end(1, at: .zero)
        test.scheduler.completed(plan.rows)
        test.scheduler.end(2, isSound: false, at: .zero)
        test.scheduler.end(3, at: .zero)
        let after = test.plan()
        #expect(after.closedIDs == [2])
        #expect(after.keeps.map(\.id) == [1, 3] && after.keeps.allSatisfy(\.closes))
        #expect(after.keeps.map(\.tokens.count) == [20, 20], "rows of the step during which it ended count")
    }

    @Test("after a step that failed nobody knows what was computed: nothing is kept")
    func failed() {
        var test = self
        test.submit(1)
        test.submit(2)
        _ = test.scheduler.plan(at: .zero, promptRowsMax: (60, 60), prefixes: test.prefixes)
        test.scheduler.end(1, at: .zero)
        _ = test.scheduler.failed([1, 2], isolating: false)
        let after = test.plan()
        #expect(after.closedIDs == [1, 2] && after.keeps.isEmpty)
    }

    @Test("where keeping is not worth it, sequences are closed")
    func notKept() {
        var test = self
        test.prefixes.keeps = false
        test.submit(1)
        _ = test.plan()
        test.scheduler.end(1, at: .zero)
        let after = test.plan()
        #expect(after.closedIDs == [1] && after.keeps.isEmpty)
    }

    @Test("one that waits for what another computes is passed, and that other keeps a state for it")
    func waits() {
        var test = self
        test.submit(1)
        _ = test.plan()
        test.submit(2)
        test.submit(3)
        test.prefixes.beginnings[2] = .wait(.init(id: 1, keepAt: 70))
        let plan = test.plan()
        #expect(plan.opens.keys.sorted() == [3])
        #expect(plan.rows.map(\.id) == [1, 3] && plan.rows[0].start + plan.rows[0].count == 70)
        #expect(test.scheduler.queue.map(\.waitedFor) == [[1]])
        test.prefixes.beginnings[2] = .now(PrefixMatch(state: 5, reused: 70, matched: 70), keepAt: [])
        let next = test.plan()
        #expect(next.keeps.map(\.tokens.count) == [70] && next.opens[2]?.length == 70)
    }

    @Test("a sequence is charged what the attention service has granted")
    func granted() {
        var test = self
        test.submit(1, answer: 1_000_000)
        test.submit(2)
        _ = test.plan()
        let expected = Self.size.bytes(tokens: 110) + Self.size.bytes(tokens: 100 + AnswerLengths().likely)
        #expect(test.scheduler.reservedBytes == expected)
        test.scheduler.granted(2, bytes: 50)
        #expect(test.scheduler.reservedBytes == expected - Self.size.bytes(tokens: 110) + 50)
        test.scheduler.granted(9, bytes: 1000)
        #expect(test.scheduler.reservedBytes == expected - Self.size.bytes(tokens: 110) + 50)
    }

    @Test("full pages of a state from which another has begun are counted once")
    func sharedPages() {
        var test = self
        test.submit(1)
        test.submit(2)
        let match = PrefixMatch(state: 7, reused: 85, matched: 85)
        (test.prefixes.beginnings[1], test.prefixes.beginnings[2]) = (.now(match, keepAt: []), .now(match, keepAt: []))
        _ = test.plan()
        let bytes = Self.size.bytes(tokens: 110)
        #expect(test.scheduler.reservedBytes == 2 * bytes - 80)
    }

    @Test("one that is alone and has no memory to begin from a state begins empty")
    func beginsEmpty() {
        var test = self
        test.submit(1)
        test.prefixes.beginnings[1] = .now(PrefixMatch(state: 7, reused: 80, matched: 80), keepAt: [])
        _ = test.scheduler.plan(at: .zero, promptRowsMax: (60, 60), prefixes: test.prefixes)
        let waits = test.scheduler.lackedMemory(1, .begin, at: .zero)
        #expect(waits)
        #expect(test.scheduler.queue.map(\.beginsEmpty) == [true])
        test.prefixes.beginnings[1] = .now(PrefixMatch(matched: 80), keepAt: [])
        #expect(test.plan().opens[1] == StepPlan.Opening(tokensMax: 110))
        let again = test.scheduler.lackedMemory(1, .begin, at: .zero)
        #expect(!again)
    }

    @Test("where other routers hold the memory it waits for them first, and then begins empty")
    func waitsThenBeginsEmpty() {
        var test = self
        test.submit(1)
        test.scheduler.limits.replicas[.first]?.othersBytes = 100
        test.prefixes.beginnings[1] = .now(PrefixMatch(state: 7, reused: 80, matched: 80), keepAt: [])
        var lacks = 0
        while test.scheduler.queue.first?.beginsEmpty == false, lacks < 100 {
            let now = Duration.seconds(2 * lacks)
            _ = test.scheduler.plan(at: now, promptRowsMax: (60, 60), prefixes: test.prefixes)
            let waits = test.scheduler.lackedMemory(1, .begin, at: now)
            #expect(waits)
            lacks += 1
        }
        #expect(lacks == 10)
    }

    @Test("a parked sequence comes back from its state, whose id it had since it was parked; one that is over drops it")
    func parked() throws {
        var test = self
        test.scheduler.limits.replicas[.first]?.bytes = 450
        test.submit(1)
        for _ in 0 ..< 3 { _ = test.plan() }
        let urgent = Demand(priority: .high, promptCount: 100, answerMax: 100)
        let submission = test.scheduler.submit(2, urgent, at: .zero)
        #expect(submission == .queued)
        let parking = try #require(test.plan().parks.first)
        #expect(parking.id == 1 && !parking.isKept && parking.state != .none)
        #expect(test.scheduler.parkedStates(on: .first) == [parking.state])
        test.scheduler.end(2, at: .zero)
        let back = test.plan()
        #expect(back.resumes[1] == StepPlan.Opening(tokensMax: 110, state: parking.state, length: 101))
        test.scheduler.granted(1, bytes: 300)
        #expect(test.scheduler.parkedStates(on: .first).isEmpty)
    }

    @Test("what could not be written to disk rests in memory as a kept state; it is dropped with its sequence")
    func keptInMemory() throws {
        var test = self
        test.scheduler.limits.replicas[.first]?.bytes = 450
        test.submit(1)
        for _ in 0 ..< 3 { _ = test.plan() }
        let urgent = Demand(priority: .high, promptCount: 100, answerMax: 100)
        _ = test.scheduler.submit(2, urgent, at: .zero)
        let parking = try #require(test.plan().parks.first)
        let before = test.scheduler.reservedBytes
        test.scheduler.stayedInMemory(1, on: .first, at: .zero)
        #expect(test.scheduler.reservedBytes == before + Self.size.bytes(tokens: 110), "it still takes memory")
        test.scheduler.end(1, at: .zero)
        let after = test.plan()
        #expect(after.discards == [.first: [parking.state]] && after.keeps.isEmpty)
    }
}
