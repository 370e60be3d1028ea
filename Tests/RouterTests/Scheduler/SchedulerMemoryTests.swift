internal import Checkpoint
internal import Messages
import Testing

@testable import Router

@Suite("Memory of sequences") struct SchedulerMemoryTests {
    /// A position takes a byte, and memory comes in pages of 16.
    private static let size = StateSize(fixedBytes: 100, pageBytes: 16, pageLength: 16)
    private static let growth = Scheduler.growthStep

    private func demand(
        _ prompt: Int = 16, answer: Int = 1_000_000, account: Int = 0, priority: Priority = .normal
    ) -> Demand {
        Demand(account: account, priority: priority, promptCount: prompt, answerMax: answer)
    }

    private func scheduler(places: Int = 64, bytes: Int, weights: [Double] = [1]) -> Scheduler {
        Scheduler(.init(placesMax: places, waitingMax: 100, memoryBytes: bytes, size: Self.size, weights: weights))
    }

    private func plan(_ scheduler: inout Scheduler, at now: Duration = .zero) -> StepPlan {
        let plan = scheduler.plan(at: now, promptRowsMax: (1000, 1000))
        scheduler.completed(plan.rows)
        return plan
    }

    private func submit(_ scheduler: inout Scheduler, _ ids: ClosedRange<Int>, _ demand: Demand) {
        for id in ids {
            let submission = scheduler.submit(SequenceID(id), demand, at: .milliseconds(id))
            #expect(submission == .queued)
        }
    }

    /// Steps until a plan does more than rows.
    private func nextMove(_ scheduler: inout Scheduler, at now: Duration = .seconds(1)) -> StepPlan {
        for _ in 0 ..< 100_000 {
            let plan = plan(&scheduler, at: now)
            if !plan.grows.isEmpty || !plan.parks.isEmpty || !plan.outgrown.isEmpty || !plan.closes.isEmpty
                || !plan.opens.isEmpty
            {
                return plan
            }
        }
        Issue.record("nothing happens")
        return StepPlan()
    }

    @Test("an answer without a limit takes what most answers need, then grows in steps")
    func grows() {
        var scheduler = scheduler(bytes: 1 << 40)
        submit(&scheduler, 1 ... 1, demand())
        let begin = plan(&scheduler)
        let first = 16 + AnswerLengths().likely
        #expect(begin.openPositions == [1: first])
        #expect(scheduler.reservedBytes == Self.size.bytes(tokens: first))
        let grown = nextMove(&scheduler)
        #expect(grown.growPositions == [1: first + Self.growth])
        #expect(
            grown.rows == [.init(id: 1, start: first, count: 1, yieldsToken: true)], "in the very step that needs it")
    }

    @Test("how long answers are likely to be follows from those that ended")
    func likely() {
        var scheduler = scheduler(bytes: 1 << 40)
        for id in 1 ... 60 {
            submit(&scheduler, id ... id, demand())
            for _ in 0 ..< 20 { _ = plan(&scheduler) }
            scheduler.end(SequenceID(id), at: .zero)
        }
        submit(&scheduler, 100 ... 100, demand())
        #expect((50 ... 62).contains(plan(&scheduler).openPositions[100] ?? 0))
    }

    @Test("sixty-four answers without a limit run side by side where all of their limits would never fit")
    func many() {
        var scheduler = scheduler(bytes: 100_000)
        submit(&scheduler, 1 ... 64, demand())
        #expect(plan(&scheduler).opens.count == 64)
    }

    @Test("where memory ends the youngest is parked, and the older ones go on; it comes back when there is room")
    func parksTheYoungest() {
        let first = Self.size.bytes(tokens: 16 + AnswerLengths().likely)
        var scheduler = scheduler(bytes: 3 * first + 1)
        submit(&scheduler, 1 ... 3, demand())
        let begin = plan(&scheduler)
        #expect(begin.opens.count == 3)
        let short = nextMove(&scheduler)
        #expect(short.parkedIDs == [3])
        #expect(short.grows.keys.sorted() == [1, 2])
        #expect(short.rows.map(\.id) == [1, 2])
        #expect(scheduler.counts == .init(running: 2, waiting: 0, parked: 1))
        scheduler.end(1, at: .seconds(2))
        let back = plan(&scheduler, at: .seconds(2))
        #expect(back.resumePositions == [3: 16 + AnswerLengths().likely + Self.growth])
        #expect(back.rows.map(\.id) == [2, 3])
        #expect(back.rows.last?.start == 16 + AnswerLengths().likely, "where it stopped")
    }

    @Test("of several accounts the one that holds most for its weight makes room")
    func parksTheLargest() {
        let first = Self.size.bytes(tokens: 16 + AnswerLengths().likely)
        var scheduler = scheduler(bytes: 3 * first + 1, weights: [1, 1])
        submit(&scheduler, 1 ... 1, demand(account: 0, priority: .low))
        submit(&scheduler, 2 ... 3, demand(account: 1, priority: .high))
        _ = plan(&scheduler)
        #expect(nextMove(&scheduler).parkedIDs == [3], "not the other account's, however little urgent")
    }

    @Test("one that is alone grows to the last page there is, and ends there")
    func outgrows() {
        var scheduler = scheduler(bytes: Self.size.bytes(tokens: 1000))
        submit(&scheduler, 1 ... 1, demand())
        var last = 0
        for _ in 0 ..< 2000 {
            let plan = plan(&scheduler)
            last = plan.rows.last.map { $0.start + $0.count } ?? last
            guard plan.outgrown.isEmpty else {
                #expect(plan.outgrown == [1])
                #expect(plan.closedIDs == [1])
                break
            }
        }
        #expect(last == 1008, "all positions of 63 pages")
        #expect(scheduler.counts == .init())
    }

    @Test(
        "a prompt that fits is taken whatever its answer may come to; one that does not is refused with what would fit")
    func prompts() {
        var scheduler = scheduler(bytes: Self.size.bytes(tokens: 1000))
        let large = scheduler.submit(1, demand(1009), at: .zero)
        #expect(large == .tooLarge(tokensMax: 1008))
        submit(&scheduler, 2 ... 2, demand(1008))
        let begin = plan(&scheduler)
        #expect(begin.openPositions == [2: 1008])
    }

    @Test("where the disk cannot be written the urgent one waits; nobody who runs loses anything")
    func diskFull() {
        let first = Self.size.bytes(tokens: 16 + AnswerLengths().likely)
        var scheduler = scheduler(places: 10, bytes: 2 * first)
        submit(&scheduler, 1 ... 2, demand(priority: .low))
        _ = plan(&scheduler)
        submit(&scheduler, 3 ... 3, demand(priority: .high))
        let urgent = plan(&scheduler, at: .seconds(1))
        #expect(urgent.parkedIDs == [2])
        scheduler.stayedInMemory(2, on: .first, at: .seconds(1))
        let refused = scheduler.lackedMemory(3, .begin, at: .seconds(1))
        #expect(refused)
        let after = plan(&scheduler, at: .seconds(3))
        #expect(after.parks.isEmpty && after.opens.isEmpty)
        #expect(after.rows.map(\.id) == [1, 2], "it goes on where it is")
        #expect(scheduler.counts == .init(running: 2, waiting: 1, parked: 0))
        scheduler.end(1, at: .seconds(4))
        #expect(plan(&scheduler, at: .seconds(4)).opens.keys.sorted() == [3])
    }

    @Test("where nothing can be parked, the youngest begins anew with all its tokens")
    func dropsTheYoungest() {
        let likely = AnswerLengths().likely, first = Self.size.bytes(tokens: 16 + likely)
        var scheduler = scheduler(bytes: 2 * first + 1)
        submit(&scheduler, 1 ... 2, demand())
        _ = plan(&scheduler)
        scheduler.stayedInMemory(0, on: .first, at: .seconds(1))
        let short = nextMove(&scheduler)
        #expect(short.closedIDs == [2] && short.parks.isEmpty)
        #expect(short.grows.keys.sorted() == [1])
        scheduler.end(1, at: .seconds(2))
        let back = plan(&scheduler, at: .seconds(2))
        #expect(back.opens.keys.sorted() == [2])
        #expect(back.rows == [.init(id: 2, start: 0, count: 16 + likely + 1, yieldsToken: true)])
    }

    @Test("what other routers hold is not there; one that is alone waits for it on disk instead of ending")
    func others() {
        var scheduler = scheduler(bytes: 2000)
        scheduler.limits.replicas[.first]?.othersBytes = 1200
        submit(&scheduler, 1 ... 1, demand())
        _ = plan(&scheduler)
        #expect(nextMove(&scheduler).grows[1] != nil, "as much as there is")
        let short = nextMove(&scheduler)
        #expect(short.parkedIDs == [1] && short.outgrown.isEmpty)
        scheduler.limits.replicas[.first]?.othersBytes = 0
        #expect(plan(&scheduler, at: .seconds(2)).resumes.keys.sorted() == [1])
    }
}

@Suite("Sequences whose step failed") struct SchedulerFailureTests {
    private func running(_ count: Int) -> Scheduler {
        var scheduler = Scheduler(.init(placesMax: 10, waitingMax: 10, memoryBytes: .max))
        for id in 1 ... count {
            _ = scheduler.submit(
                SequenceID(id), Demand(promptCount: 5, answerMax: 100), at: .milliseconds(id))
        }
        for _ in 0 ..< 4 { _ = step(&scheduler) }
        return scheduler
    }

    private func step(_ scheduler: inout Scheduler) -> StepPlan {
        let plan = scheduler.plan(at: .zero, promptRowsMax: (100, 100))
        scheduler.completed(plan.rows)
        return plan
    }

    @Test("when states were lost all begin anew together, with the prompt and every token since")
    func lost() {
        var scheduler = running(2)
        let given = scheduler.failed([1, 2], isolating: false)
        #expect(given.isEmpty)
        let again = step(&scheduler)
        #expect(again.closedIDs == [1, 2])
        #expect(
            again.rows == [1, 2].map { .init(id: $0, start: 0, count: 9, yieldsToken: true) },
            "5 of the prompt and 4 chosen")
        let next = step(&scheduler)
        #expect(next.rows == [1, 2].map { .init(id: $0, start: 9, count: 1, yieldsToken: true) })
    }

    @Test("where one of them may be the reason each runs alone, and only the one that fails again is given up")
    func isolated() {
        var scheduler = running(3)
        _ = scheduler.failed([1, 2, 3], isolating: true)
        let first = step(&scheduler)
        #expect(first.rows.map(\.id) == [1])
        let second = scheduler.plan(at: .zero, promptRowsMax: (100, 100))
        #expect(second.rows.map(\.id) == [2])
        let given = scheduler.failed([2], isolating: true)
        #expect(given == [2])
        scheduler.end(2, at: .zero)
        #expect(step(&scheduler).rows.map(\.id) == [3])
        #expect(step(&scheduler).rows.map(\.id) == [1, 3])
    }

    @Test("one with which the service is lost again and again is given up; a token in between begins the count anew")
    func again() {
        var scheduler = running(1)
        for round in 0 ..< 6 {
            let given = scheduler.failed([1], isolating: false)
            #expect(given.isEmpty, "round \(round)")
            _ = step(&scheduler)
        }
        var given: [SequenceID] = []
        for _ in 0 ..< 3 {
            given = scheduler.failed([1], isolating: false)
            _ = scheduler.plan(at: .zero, promptRowsMax: (100, 100))
        }
        #expect(given == [1])
    }
}
