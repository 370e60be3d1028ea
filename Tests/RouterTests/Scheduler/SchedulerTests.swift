internal import Checkpoint
internal import Messages
import Testing

@testable import Router

@Suite("Scheduler") struct SchedulerTests {
    /// - Parameter bytes: what it takes where a token takes a byte.
    private func demand(
        _ prompt: Int = 10, answer: Int = 10, bytes: Int? = nil, account: Int = 0, priority: Priority = .normal,
        deadline: Duration? = nil
    ) -> Demand {
        Demand(
            account: account, priority: priority, promptCount: bytes.map { $0 - answer } ?? prompt, answerMax: answer,
            deadline: deadline)
    }

    private func plan(
        _ scheduler: inout Scheduler, at now: Duration = .zero, beside: Int = 8, alone: Int = 64
    ) -> StepPlan {
        let plan = scheduler.plan(at: now, promptRowsMax: (beside, alone))
        scheduler.completed(plan.rows)
        return plan
    }

    private func queue(_ scheduler: inout Scheduler, _ id: SequenceID, _ demand: Demand, at now: Duration) {
        let submission = scheduler.submit(id, demand, at: now)
        #expect(submission == .queued)
    }

    @Test("sequences join and leave between steps; one row for each that generates, then pieces of prompts")
    func steps() {
        var scheduler = Scheduler(.init(placesMax: 4, waitingMax: 4, memoryBytes: .max))
        queue(&scheduler, 1, demand(10), at: .zero)
        let first = plan(&scheduler)
        #expect(first.openPositions == [1: 20])
        #expect(first.rows == [.init(id: 1, start: 0, count: 10, yieldsToken: true)])
        queue(&scheduler, 2, demand(20), at: .zero)
        let second = plan(&scheduler)
        #expect(second.generatingCount == 1)
        #expect(
            second.rows == [
                .init(id: 1, start: 10, count: 1, yieldsToken: true),
                .init(id: 2, start: 0, count: 8, yieldsToken: false),
            ])
        scheduler.end(1, at: .zero)
        let third = plan(&scheduler)
        #expect(third.closedIDs == [1])
        #expect(third.rows == [.init(id: 2, start: 8, count: 12, yieldsToken: true)], "alone, a prompt takes all rows")
    }

    @Test(
        """
        a place that is free is taken by the account that was given least, of its sequences by the most urgent, then \
        by the first
        """
    )
    func order() {
        var scheduler = Scheduler(.init(placesMax: 1, waitingMax: 100, memoryBytes: .max, weights: [1, 1]))
        for id in 1 ... 3 { queue(&scheduler, SequenceID(id), demand(account: 0), at: .milliseconds(id)) }
        queue(&scheduler, 4, demand(account: 1), at: .milliseconds(4))
        queue(&scheduler, 5, demand(account: 0, priority: .high), at: .milliseconds(5))
        var begun: [SequenceID] = []
        for _ in 0 ..< 5 {
            let plan = plan(&scheduler, at: .milliseconds(6))
            begun += plan.opens.keys
            for id in plan.opens.keys { scheduler.end(id, at: .milliseconds(6)) }
        }
        // What an ended sequence did not use is given back, so the accounts stay level but for the rows they had.
        #expect(begun == [4, 5, 1, 2, 3])
    }

    @Test("an account with twice the weight is given twice as much")
    func weights() {
        var scheduler = Scheduler(.init(placesMax: 1, waitingMax: 1000, memoryBytes: .max, weights: [2, 1]))
        for id in 0 ..< 200 { queue(&scheduler, SequenceID(id), demand(account: id % 2), at: .zero) }
        var begun = [0, 0]
        for _ in 0 ..< 60 {
            let plan = plan(&scheduler)
            for id in plan.opens.keys {
                begun[Int(id.rawValue % 2)] += 1
                for _ in 0 ..< 10 { scheduler.completed([.init(id: id, start: 0, count: 2, yieldsToken: true)]) }
                scheduler.end(id, at: .zero)
            }
        }
        #expect(begun == [40, 20])
    }

    @Test("waiting raises a class: the low one gets its place however many more urgent ones come")
    func ageing() {
        var scheduler = Scheduler(.init(placesMax: 1, waitingMax: 1000, memoryBytes: .max, ageing: .seconds(10)))
        queue(&scheduler, 0, demand(priority: .low), at: .zero)
        var begun: Int?
        for second in 0 ..< 100 {
            let now = Duration.seconds(second)
            _ = scheduler.submit(SequenceID(second + 1), demand(priority: .high), at: now)
            let plan = plan(&scheduler, at: now)
            if plan.opens[0] != nil { begun = second }
            for id in plan.opens.keys { scheduler.end(id, at: now) }
        }
        #expect(begun == 20)
    }

    @Test("where places are short the youngest of the less urgent is parked in memory, and goes on where it stopped")
    func parkingInMemory() {
        var scheduler = Scheduler(.init(placesMax: 2, waitingMax: 10, memoryBytes: .max))
        _ = scheduler.submit(1, demand(), at: .zero)
        _ = plan(&scheduler)
        _ = scheduler.submit(2, demand(), at: .milliseconds(1))
        for _ in 0 ..< 3 { _ = plan(&scheduler, at: .milliseconds(2)) }
        _ = scheduler.submit(3, demand(priority: .high), at: .milliseconds(3))
        let parking = plan(&scheduler, at: .milliseconds(3))
        #expect(parking.parkedIDs == [], "its state stays where it is")
        #expect(parking.opens.keys.sorted() == [3])
        #expect(parking.rows.map(\.id) == [1, 3])
        #expect(scheduler.counts == .init(running: 2, waiting: 0, parked: 1))
        scheduler.end(3, at: .milliseconds(4))
        let back = plan(&scheduler, at: .milliseconds(4))
        #expect(back.resumes.isEmpty)
        #expect(back.rows.map(\.id) == [1, 2])
        #expect(back.rows.last == .init(id: 2, start: 11, count: 1, yieldsToken: true))
    }

    @Test(
        """
        where memory is short they are parked on disk, the youngest first and no more than needed, and resumed when \
        there is room
        """
    )
    func parkingOnDisk() {
        var scheduler = Scheduler(.init(placesMax: 10, waitingMax: 10, memoryBytes: 100, size: .bytePerToken))
        for (id, bytes) in [(1, 30), (2, 40), (3, 20)] {
            queue(&scheduler, SequenceID(id), demand(bytes: bytes), at: .milliseconds(id))
            _ = plan(&scheduler)
        }
        queue(&scheduler, 4, demand(bytes: 50, priority: .high), at: .zero)
        let parking = plan(&scheduler)
        #expect(parking.parkedIDs == [2], "3 is younger, but 2 alone makes room")
        #expect(scheduler.reservedBytes == 100)
        queue(&scheduler, 5, demand(bytes: 50, priority: .high), at: .zero)
        let more = plan(&scheduler)
        #expect(more.parkedIDs == [3, 1])
        scheduler.end(4, at: .zero)
        let back = plan(&scheduler)
        #expect(back.closedIDs == [4])
        #expect(back.resumes.keys.sorted() == [1, 3], "those that came first; 2 does not fit yet")
        #expect(scheduler.reservedBytes == 100)
    }

    @Test("nobody is parked for one that would not fit even then, nor for one of the same class")
    func noUselessParking() {
        var scheduler = Scheduler(.init(placesMax: 10, waitingMax: 10, memoryBytes: 100, size: .bytePerToken))
        _ = scheduler.submit(1, demand(bytes: 60, priority: .high), at: .zero)
        _ = scheduler.submit(2, demand(bytes: 40), at: .zero)
        _ = plan(&scheduler)
        _ = scheduler.submit(3, demand(bytes: 50, priority: .high), at: .zero)
        _ = scheduler.submit(4, demand(bytes: 20), at: .zero)
        let plan2 = plan(&scheduler)
        #expect(plan2.parkedIDs == [])
        #expect(scheduler.counts == .init(running: 2, waiting: 2, parked: 0))
    }

    @Test("the smaller may pass the larger that does not fit, until that one has waited long")
    func passing() {
        var scheduler = Scheduler(
            .init(placesMax: 10, waitingMax: 10, memoryBytes: 100, size: .bytePerToken, ageing: .seconds(10)))
        _ = scheduler.submit(1, demand(bytes: 50), at: .zero)
        _ = plan(&scheduler)
        _ = scheduler.submit(2, demand(bytes: 80), at: .zero)
        _ = scheduler.submit(3, demand(bytes: 20), at: .seconds(1))
        let plan3 = plan(&scheduler, at: .seconds(1))
        #expect(plan3.opens.keys.sorted() == [3])
        _ = scheduler.submit(4, demand(bytes: 20), at: .seconds(11))
        let plan4 = plan(&scheduler, at: .seconds(11))
        #expect(plan4.opens.isEmpty, "now memory is kept for 2")
        scheduler.end(1, at: .seconds(12))
        let plan5 = plan(&scheduler, at: .seconds(12))
        #expect(plan5.opens.keys.sorted() == [2])
    }

    @Test("a full queue says when to come back, which follows from how long places were kept")
    func full() {
        var scheduler = Scheduler(.init(placesMax: 2, waitingMax: 4, memoryBytes: .max))
        for id in 0 ..< 6 { queue(&scheduler, SequenceID(id), demand(), at: .zero) }
        _ = plan(&scheduler)
        guard case .full(let wait) = scheduler.submit(6, demand(), at: .zero) else { Issue.record("not full"); return }
        #expect(wait == .milliseconds(2500), "five turns of a second for two places")
        for id in 0 ..< 2 { scheduler.end(SequenceID(id), at: .seconds(60)) }
        _ = plan(&scheduler, at: .seconds(60))
        for id in 7 ..< 9 { queue(&scheduler, SequenceID(id), demand(), at: .seconds(60)) }
        let refusal = scheduler.submit(9, demand(), at: .seconds(60))
        #expect(refusal == .full(retryAfter: .seconds(150)))
    }

    @Test("one account cannot fill the queue for the others")
    func roomForOthers() {
        var scheduler = Scheduler(.init(placesMax: 1, waitingMax: 40, memoryBytes: .max, weights: [1, 1]))
        var taken = 0
        for id in 0 ..< 100 where scheduler.submit(SequenceID(id), demand(account: 0), at: .zero) == .queued {
            taken += 1
        }
        #expect(taken == 31, "a place, and all of the queue but the other's quarter")
        for id in 100 ..< 110 { queue(&scheduler, SequenceID(id), demand(account: 1), at: .zero) }
    }

    @Test("a queue full of the less urgent takes a more urgent one")
    func urgentBesideFull() {
        var scheduler = Scheduler(.init(placesMax: 1, waitingMax: 3, memoryBytes: .max))
        for id in 0 ..< 4 { queue(&scheduler, SequenceID(id), demand(priority: .low), at: .zero) }
        let refusal = scheduler.submit(4, demand(priority: .low), at: .zero)
        #expect(refusal != .queued)
        queue(&scheduler, 5, demand(priority: .high), at: .zero)
    }

    @Test("a deadline ends a sequence wherever it stands; what is too large is refused at once")
    func limits() {
        var scheduler = Scheduler(.init(placesMax: 1, waitingMax: 10, memoryBytes: 100, size: .bytePerToken))
        scheduler.limits.stateSize = .fixed(101)
        let refusal = scheduler.submit(1, demand(), at: .zero)
        #expect(refusal == .tooLarge(tokensMax: 0))
        scheduler.limits.stateSize = .fixed(1)
        _ = scheduler.submit(2, demand(deadline: .seconds(5)), at: .zero)
        _ = scheduler.submit(3, demand(deadline: .seconds(4)), at: .zero)
        let plan6 = plan(&scheduler)
        #expect(plan6.expired == [])
        let late = plan(&scheduler, at: .seconds(6))
        #expect(late.expired == [2, 3])
        #expect(late.closedIDs == [2])
        #expect(late.rows == [])
    }

    @Test("without memory in the attention service a sequence waits again, where there is something to wait for")
    func lackingMemory() {
        var scheduler = Scheduler(.init(placesMax: 4, waitingMax: 10, memoryBytes: 100, size: .bytePerToken))
        _ = scheduler.submit(1, demand(bytes: 40), at: .zero)
        _ = plan(&scheduler)
        _ = scheduler.submit(2, demand(bytes: 40), at: .zero)
        _ = scheduler.plan(at: .zero, promptRowsMax: (8, 8))
        let waits = scheduler.lackedMemory(2, .begin, at: .zero)
        #expect(waits)
        let plan7 = plan(&scheduler)
        #expect(plan7.opens.isEmpty)
        scheduler.end(1, at: .zero)
        let plan8 = plan(&scheduler)
        #expect(plan8.opens.keys.sorted() == [2])
        // As much as there is: what was lacking for a while is not lost for ever.
        queue(&scheduler, 3, demand(bytes: 100), at: .zero)
        let waitsAlone = scheduler.lackedMemory(2, .begin, at: .zero)
        #expect(!waitsAlone, "alone, waiting would not help")
    }
}
