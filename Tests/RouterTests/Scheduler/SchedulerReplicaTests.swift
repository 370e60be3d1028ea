internal import Checkpoint
internal import Messages
internal import Testing

@testable import Router

/// Sequences on several replicas of attention.
@Suite("Scheduler with replicas") struct SchedulerReplicaTests {
    private static let a = ReplicaID(1), b = ReplicaID(2)

    /// Knows states of one sequence's tokens, and how long it would take to compute them.
    private struct Kept: PrefixSource {
        var id: SequenceID = 0
        var starts: [ReplicaID: (reused: Int, seconds: Int)] = [:]
        var waitsFor: SequenceID?

        func beginning(
            of entry: Scheduler.Entry, on replicas: Set<ReplicaID>, beside running: [Scheduler.Entry],
            after keeps: [StepPlan.Keep]
        ) -> SequenceBeginning {
            if let waitsFor, running.contains(where: { $0.id == waitsFor }), entry.id == id {
                return .wait(SharedPrefill.Wait(id: waitsFor))
            }
            guard entry.id == id else { return .now(SequenceStarts()) }
            let known = starts.filter { replicas.contains($0.key) }.map { replica, start in
                let match = PrefixMatch(
                    replica: replica, state: StateID(rawValue: UInt64(replica.rawValue)), reused: start.reused)
                return (replica, SequenceStart(match: match, saved: .seconds(start.seconds)))
            }
            return .now(SequenceStarts(known: Dictionary(uniqueKeysWithValues: known)))
        }

        func keep(_ id: SequenceID, on replica: ReplicaID, length: Int, since: Int, closes: Bool) -> StepPlan.Keep? {
            nil
        }
    }

    private func scheduler(
        _ bytes: [Int], places: Int = 10, size: StateSize = .bytePerToken, ageing: Duration = .seconds(30)
    ) -> Scheduler {
        var scheduler = Scheduler(.init(placesMax: places, waitingMax: 100, memoryBytes: 0, size: size, ageing: ageing))
        let replicas = bytes.enumerated().map { (ReplicaID($0 + 1), ReplicaMemory(bytes: $1)) }
        scheduler.limits.replicas = Dictionary(uniqueKeysWithValues: replicas)
        return scheduler
    }

    private func submit(
        _ scheduler: inout Scheduler, _ id: SequenceID, bytes: Int, priority: Priority = .normal,
        at now: Duration = .zero
    ) {
        let demand = Demand(priority: priority, promptCount: bytes - 10, answerMax: 10)
        let submission = scheduler.submit(id, demand, at: now)
        #expect(submission == .queued)
    }

    private func plan(
        _ scheduler: inout Scheduler, _ prefixes: Kept = Kept(), at now: Duration = .zero
    ) -> StepPlan {
        let plan = scheduler.plan(at: now, promptRowsMax: (1000, 1000), prefixes: prefixes)
        scheduler.completed(plan.rows)
        return plan
    }

    private func places(_ plan: StepPlan) -> [SequenceID: Int] { plan.opens.mapValues(\.replica.rawValue) }

    @Test("sequences go where most memory is free; a step has rows of all replicas")
    func spread() {
        var scheduler = scheduler([100, 90])
        for id in 1 ... 4 { submit(&scheduler, SequenceID(id), bytes: 40) }
        let plan = plan(&scheduler)
        #expect(places(plan) == [1: 1, 2: 2, 3: 1, 4: 2])
        #expect(plan.rows.map(\.replica.rawValue) == [1, 2, 1, 2])
        #expect(scheduler.reservedBytes(on: Self.a) == 80 && scheduler.reservedBytes(on: Self.b) == 80)
        submit(&scheduler, 5, bytes: 25)
        #expect(places(self.plan(&scheduler)) == [:], "there is room on neither, though on both together")
        #expect(scheduler.memoryUsage == 160.0 / 190)
    }

    @Test("a sequence begins where its tokens are kept, however little is free there")
    func prefix() {
        var scheduler = scheduler([50, 1000])
        submit(&scheduler, 1, bytes: 40)
        let plan = plan(&scheduler, Kept(id: 1, starts: [Self.a: (20, 9)]))
        #expect(plan.opens[1] == StepPlan.Opening(tokensMax: 40, state: 1, length: 20))
    }

    @Test("where there is no room it waits no longer than computing the tokens would take, then begins elsewhere")
    func elsewhere() {
        var scheduler = scheduler([50, 1000])
        submit(&scheduler, 1, bytes: 40)
        let kept = Kept(id: 2, starts: [Self.a: (20, 9)])
        #expect(places(plan(&scheduler, Kept(id: 1, starts: [Self.a: (20, 9)]))) == [1: 1])
        submit(&scheduler, 2, bytes: 40)
        submit(&scheduler, 3, bytes: 40)
        #expect(places(plan(&scheduler, kept)) == [3: 2], "others pass it")
        #expect(plan(&scheduler, kept, at: .seconds(8)).opens.isEmpty)
        #expect(plan(&scheduler, kept, at: .seconds(9)).opens == [2: .init(replica: Self.b, tokensMax: 40)])
    }

    @Test("a short prefix holds nobody back")
    func shortPrefix() {
        var scheduler = scheduler([50, 1000])
        submit(&scheduler, 1, bytes: 40)
        _ = plan(&scheduler, Kept(id: 1, starts: [Self.a: (20, 1)]))
        submit(&scheduler, 2, bytes: 40)
        #expect(places(plan(&scheduler, Kept(id: 2, starts: [Self.a: (20, 1)]))) == [2: 2])
    }

    @Test("on a replica without room the more urgent makes room, on no other")
    func makesRoom() {
        var scheduler = scheduler([100, 100])
        for id in 1 ... 2 { submit(&scheduler, SequenceID(id), bytes: 90, priority: .low) }
        #expect(places(plan(&scheduler)) == [1: 1, 2: 2])
        submit(&scheduler, 3, bytes: 90, priority: .high)
        let plan = plan(&scheduler, Kept(id: 3, starts: [Self.b: (20, 9)]))
        #expect(plan.parks.map(\.id) == [2] && plan.parks.map(\.replica) == [Self.b])
        #expect(plan.opens[3]?.replica == Self.b && scheduler.running.map(\.id) == [1, 3])
    }

    @Test("one that makes room on a full replica for a place only stays in memory where it is")
    func placeElsewhere() {
        var scheduler = scheduler([100, 100], places: 2)
        submit(&scheduler, 1, bytes: 90, priority: .low)
        submit(&scheduler, 2, bytes: 20, priority: .low)
        #expect(places(plan(&scheduler)) == [1: 1, 2: 2])
        submit(&scheduler, 3, bytes: 70, priority: .high)
        let plan = plan(&scheduler)
        #expect(plan.parks.isEmpty && places(plan) == [3: 2])
        #expect(scheduler.counts == .init(running: 2, waiting: 0, parked: 1))
    }

    @Test("who grows finds room among those on the same replica")
    func grows() {
        let likely = AnswerLengths().likely
        var scheduler = scheduler([2 * (10 + likely) + 5, 1_000_000])
        scheduler.limits.replicas[Self.b]?.isDraining = true
        for id in [1, 2] as [SequenceID] {
            _ = scheduler.submit(id, Demand(promptCount: 10, answerMax: 5000), at: .zero)
        }
        _ = plan(&scheduler)
        for _ in 0 ..< likely { _ = plan(&scheduler) }
        let short = plan(&scheduler)
        #expect(short.grows == [1: .init(replica: Self.a, tokensMax: 10 + likely + 5)])
        #expect(short.parkedIDs == [2] && short.parks.map(\.replica) == [Self.a])
    }

    @Test("a sequence that has outgrown its replica begins anew on a larger one, with all its tokens")
    func outgrows() {
        var scheduler = scheduler([100, 1000])
        _ = scheduler.submit(1, Demand(promptCount: 90, answerMax: 500), at: .zero)
        let begun = plan(&scheduler, Kept(id: 1, starts: [Self.a: (20, 99)]))
        #expect(begun.opens[1]?.replica == Self.a && begun.opens[1]?.tokensMax == 100)
        var plans: [StepPlan] = []
        for _ in 0 ..< 13 { plans.append(plan(&scheduler)) }
        #expect(plans.flatMap(\.outgrown) == [])
        #expect(plans[10].closes == [Self.a: [1]] && plans[10].dropCount == 1)
        #expect(plans[11].opens[1]?.replica == Self.b)
        #expect(plans[11].rows == [.init(id: 1, replica: Self.b, start: 0, count: 101, yieldsToken: true)])
    }

    @Test("one that waits for what another computes ends up on the same replica")
    func sharedPrefill() {
        var scheduler = scheduler([100, 90])
        submit(&scheduler, 1, bytes: 40)
        _ = plan(&scheduler)
        submit(&scheduler, 2, bytes: 40)
        #expect(plan(&scheduler, Kept(id: 2, waitsFor: 1)).opens.isEmpty)
        let begin = plan(&scheduler, Kept(id: 2, starts: [Self.a: (20, 5)]))
        #expect(places(begin) == [2: 1])
        scheduler.limits.replicas[Self.a]?.isDraining = true
        submit(&scheduler, 3, bytes: 40)
        #expect(places(plan(&scheduler, Kept(id: 3, waitsFor: 1))) == [3: 2], "not where nothing new begins")
    }

    @Test("memory is kept for one that has waited long where it could begin, and others begin elsewhere")
    func reserved() {
        var scheduler = scheduler([100, 60], ageing: .seconds(10))
        submit(&scheduler, 1, bytes: 50)
        _ = plan(&scheduler)
        submit(&scheduler, 2, bytes: 80)
        submit(&scheduler, 3, bytes: 30, at: .seconds(20))
        submit(&scheduler, 4, bytes: 30, at: .seconds(20))
        submit(&scheduler, 5, bytes: 30, at: .seconds(20))
        let plan = plan(&scheduler, at: .seconds(20))
        #expect(places(plan) == [3: 2, 4: 2], "2 is too large for the second replica, and 5 would fit the first")
        scheduler.end(1, at: .seconds(21))
        #expect(places(self.plan(&scheduler, at: .seconds(21))) == [2: 1])
    }

    @Test("what a replica lacks for a moment is to be had on another")
    func lacksMemory() {
        var scheduler = scheduler([100, 90])
        submit(&scheduler, 1, bytes: 40)
        #expect(places(scheduler.plan(at: .zero, promptRowsMax: (9, 9))) == [1: 1])
        let waits = scheduler.lackedMemory(1, .begin, at: .zero)
        #expect(waits)
        #expect(places(scheduler.plan(at: .zero, promptRowsMax: (9, 9))) == [1: 2])
        var times = 1
        while scheduler.lackedMemory(1, .begin, at: .seconds(2 * times)), times < 100 {
            times += 1
            _ = scheduler.plan(at: .seconds(2 * times), promptRowsMax: (9, 9))
        }
        #expect(times == 10, "not for ever")
    }

    @Test("a disk that is full concerns its replica only")
    func diskFull() {
        var scheduler = scheduler([100, 100])
        scheduler.stayedInMemory(99, on: Self.a, at: .zero)
        for id in 1 ... 2 { submit(&scheduler, SequenceID(id), bytes: 90, priority: .low) }
        #expect(places(plan(&scheduler)) == [1: 1, 2: 2])
        submit(&scheduler, 3, bytes: 90, priority: .high)
        #expect(plan(&scheduler).parks.map(\.replica) == [Self.b])
    }

    @Test("a lost replica's sequences come before those of their class that never began, though those came first")
    func cutOff() {
        var scheduler = scheduler([100, 100], ageing: .seconds(1000))
        submit(&scheduler, 1, bytes: 80)
        submit(&scheduler, 2, bytes: 90)
        #expect(places(plan(&scheduler)) == [1: 1, 2: 2])
        submit(&scheduler, 3, bytes: 100)
        submit(&scheduler, 4, bytes: 20, at: .seconds(1))
        #expect(places(plan(&scheduler, at: .seconds(1))) == [4: 1], "3 does not fit, and 4 passes it")
        scheduler.lost(Self.a, at: .seconds(2))
        scheduler.end(2, at: .seconds(2))
        let plan = plan(&scheduler, at: .seconds(2))
        #expect(places(plan) == [1: 2, 4: 2], "there is no room left for 3")
    }

    @Test("a sequence parked on a lost replica begins anew; nobody is told to drop what it had")
    func parked() {
        var scheduler = scheduler([100])
        submit(&scheduler, 1, bytes: 90, priority: .low)
        _ = plan(&scheduler)
        submit(&scheduler, 2, bytes: 90, priority: .high)
        #expect(plan(&scheduler).parkedIDs == [1])
        scheduler.end(2, at: .zero)
        scheduler.lost(Self.a, at: .zero)
        scheduler.limits.replicas[Self.b] = ReplicaMemory(bytes: 100)
        let plan = plan(&scheduler)
        #expect(plan.resumes.isEmpty && plan.discards.isEmpty && places(plan) == [1: 2])
        #expect(plan.rows.map(\.count) == [81])
        #expect(plan.closes == [Self.a: [2]], "its client may wait for that")
    }

    @Test("how large a request may be follows from the largest replica there is, or was half a minute ago")
    func largest() {
        var scheduler = Scheduler(.init(placesMax: 4, waitingMax: 4, memoryBytes: 0, size: .bytePerToken))
        scheduler.limits.replicas = [:]
        #expect(scheduler.tokensMax(at: .zero) == .max, "none was known yet")
        submit(&scheduler, 1, bytes: 5000)
        #expect(plan(&scheduler).isEmpty)
        scheduler.limits.replicas = [Self.a: ReplicaMemory(bytes: 8000), Self.b: ReplicaMemory(bytes: 100)]
        #expect(scheduler.tokensMax(at: .zero) == 8000 && places(plan(&scheduler)) == [1: 1])
        scheduler.lost(Self.a, at: .seconds(10))
        #expect(scheduler.tokensMax(at: .seconds(39)) == 8000 && plan(&scheduler, at: .seconds(39)).outgrown.isEmpty)
        #expect(scheduler.tokensMax(at: .seconds(40)) == 100 && plan(&scheduler, at: .seconds(40)).outgrown == [1])
        scheduler.lost(Self.b, at: .seconds(50))
        #expect(scheduler.tokensMax(at: .seconds(5000)) == 100, "the last there were")
    }

    @Test("what is parked on the disk of a replica that became too small for it begins anew on another")
    func shrunk() {
        var scheduler = scheduler([100, 100])
        scheduler.limits.replicas[Self.b]?.isDraining = true
        submit(&scheduler, 1, bytes: 90, priority: .low)
        _ = plan(&scheduler)
        submit(&scheduler, 2, bytes: 40, priority: .high)
        #expect(plan(&scheduler).parkedIDs == [1])
        scheduler.limits.replicas[Self.a]?.bytes = 50
        #expect(plan(&scheduler).dropCount == 0, "there is no other")
        scheduler.limits.replicas[Self.b]?.isDraining = false
        #expect(plan(&scheduler).dropCount == 1)
        let anew = plan(&scheduler)
        #expect(places(anew) == [1: 2] && anew.discards.keys.sorted() == [Self.a])
    }
}
