internal import Checkpoint
internal import Messages
internal import Testing
internal import Transport

@testable import Router

/// Who begins anew when a step fails, who is tried alone, and who fails.
@Suite("Step failure") struct StepFailureTests {
    /// Four sequences with prompts of ten tokens, all of which run.
    private static func scheduler() -> Scheduler {
        var scheduler = Scheduler(Scheduler.Limits(placesMax: 8, waitingMax: 8, memoryBytes: .max))
        for id in [1, 2, 3, 4] as [SequenceID] {
            let demand = Demand(promptCount: 10, answerMax: 10)
            #expect(scheduler.submit(id, demand, at: .zero) == .queued)
        }
        return scheduler
    }

    /// A step of `scheduler` that fails.
    private static func fail(_ scheduler: inout Scheduler, _ failure: StepFailure) -> (ids: [SequenceID], Recovery) {
        let ids = scheduler.plan(at: .zero, promptRowsMax: (beside: 100, alone: 100)).rows.map(\.id)
        return (ids, Recovery(of: ids, from: failure, &scheduler))
    }

    @Test("an error means one of four things")
    func meanings() {
        let means: [(any Error, StepFailure)] = [
            (RPCError(.unavailable, "x"), .stateLost), (RPCError(.deadlineExceeded, "x"), .stateLost),
            (RPCError(.cancelled, "x"), .stateLost), (RPCError(.notFound, "x"), .stateLost),
            (RPCError(.failedPrecondition, "x"), .stateLost), (RPCError(.resourceExhausted, "x"), .suspicious),
            (RPCError(.invalidArgument, "x"), .suspicious), (RPCError(.protocolError, "x"), .suspicious),
            (RPCError(.internalError, "x"), .suspicious), (ReplicaGone(), .replicaGone),
            (ClusterError.notHeld(ExpertUnit(layer: 0, expert: 0)), .hopeless),
            (ClusterError.expertHost("a", RPCError(.unavailable, "x")), .hopeless),
            (ClusterError.expertHost("a", RPCError(.internalError, "x")), .suspicious),
            (ClusterError.answer(from: "a", "x"), .suspicious), (CancellationError(), .suspicious),
        ]
        for (error, meaning) in means { #expect(StepFailure(error) == meaning, "\(error)") }
    }

    @Test("where states were lost all begin anew, after the end of the connection was noticed")
    func stateLost() {
        var scheduler = Self.scheduler()
        let (ids, recovery) = Self.fail(&scheduler, .stateLost)
        #expect(ids == [1, 2, 3, 4])
        #expect(recovery.failed.isEmpty && recovery.restartedCount == 4 && recovery.waitsForNews)
        let next = scheduler.plan(at: .zero, promptRowsMax: (beside: 100, alone: 100))
        #expect(next.closedIDs == ids && Set(next.opens.keys) == Set(ids))
        #expect(next.rows.map(\.id) == ids && next.rows.allSatisfy { $0.start == 0 && $0.count == 10 })
    }

    @Test("however often replicas are taken apart under sequences, none of them is given up or tried alone")
    func replicaGone() {
        var scheduler = Self.scheduler()
        for _ in 0 ..< 20 {
            let (ids, recovery) = Self.fail(&scheduler, .replicaGone)
            #expect(ids == [1, 2, 3, 4])
            #expect(recovery.failed.isEmpty && recovery.restartedCount == 4 && !recovery.waitsForNews)
        }
        #expect((scheduler.running + scheduler.queue).allSatisfy { !$0.isSuspect && $0.failures == 0 })
    }

    @Test("where one of them may be the reason all begin anew, one after the other alone")
    func suspicious() {
        var scheduler = Self.scheduler()
        let (ids, recovery) = Self.fail(&scheduler, .suspicious)
        #expect(recovery.failed.isEmpty && recovery.restartedCount == 4 && !recovery.waitsForNews)
        var alone: [SequenceID] = []
        for _ in ids {
            let rows = scheduler.plan(at: .zero, promptRowsMax: (beside: 100, alone: 100)).rows
            #expect(rows.count == 1)
            alone += rows.map(\.id)
            scheduler.completed(rows)
        }
        #expect(alone == ids)
        #expect(scheduler.plan(at: .zero, promptRowsMax: (beside: 100, alone: 100)).rows.count == 4)
    }

    @Test("one that fails alone is the reason: it fails, the others begin anew")
    func culprit() {
        var scheduler = Self.scheduler()
        _ = Self.fail(&scheduler, .suspicious)
        let (ids, recovery) = Self.fail(&scheduler, .suspicious)
        #expect(ids == [1])
        #expect(recovery.failed == [1] && recovery.restartedCount == 0)
    }

    @Test("those whose steps fail again are tried alone, and one that fails alone for the third time fails for good")
    func again() {
        var scheduler = Self.scheduler()
        for _ in 0 ..< 2 {
            let (ids, recovery) = Self.fail(&scheduler, .stateLost)
            #expect(ids == [1, 2, 3, 4] && recovery.failed.isEmpty)
        }
        var failed: [SequenceID] = [], alone: [SequenceID: Int] = [:]
        while failed.isEmpty, alone.values.reduce(0, +) < 20 {
            let (ids, recovery) = Self.fail(&scheduler, .stateLost)
            #expect(ids.count == 1)
            for id in ids { alone[id, default: 0] += 1 }
            failed = recovery.failed
        }
        #expect(failed.count == 1 && failed.first.flatMap { alone[$0] } == 3)
    }

    /// Four sequences on two replicas, all of which run.
    private static func onTwoReplicas() -> Scheduler {
        var scheduler = Self.scheduler()
        scheduler.limits.replicas = [ReplicaID(1): ReplicaMemory(bytes: 100), ReplicaID(2): ReplicaMemory(bytes: 100)]
        return scheduler
    }

    @Test("where one replica failed all begin anew, and only its sequences may be the reason")
    func oneReplica() {
        var scheduler = Self.onTwoReplicas()
        let rows = scheduler.plan(at: .zero, promptRowsMax: (beside: 100, alone: 100)).rows
        let blamed = rows.filter { $0.replica == ReplicaID(2) }.map(\.id)
        #expect(blamed.count == 2)
        let recovery = Recovery(of: rows.map(\.id), from: .suspicious, on: ReplicaID(2), &scheduler)
        #expect(recovery.failed.isEmpty && recovery.restartedCount == 4)
        #expect(Set(scheduler.queue.filter(\.isSuspect).map(\.id)) == Set(blamed))
        #expect(scheduler.queue.allSatisfy { $0.failures == (blamed.contains($0.id) ? 1 : 0) && $0.carried == 0 })
    }

    @Test(
        "one that fails alone on a replica begins anew on another one, and fails where there is none or again and again"
    )
    func elsewhere() {
        var scheduler = Self.onTwoReplicas()
        for id in [2, 3, 4] as [SequenceID] { scheduler.end(id, at: .zero) }
        var tried: [ReplicaID] = [], failed: [SequenceID] = []
        while failed.isEmpty, tried.count < 10 {
            let rows = scheduler.plan(at: .zero, promptRowsMax: (beside: 100, alone: 100)).rows
            tried += rows.map(\.replica)
            scheduler.avoid(rows[0].replica, at: .zero)
            failed = Recovery(of: [1], from: .suspicious, on: rows[0].replica, &scheduler).failed
        }
        #expect(tried.count == 3 && tried[0] != tried[1] && failed == [1])

        var alone = Self.onTwoReplicas()
        for id in [2, 3, 4] as [SequenceID] { alone.end(id, at: .zero) }
        alone.limits.replicas[ReplicaID(2)]?.isDraining = true
        let rows = alone.plan(at: .zero, promptRowsMax: (beside: 100, alone: 100)).rows
        #expect(Recovery(of: [1], from: .suspicious, on: rows[0].replica, &alone).failed == [1])
    }

    @Test("however often one replica fails nobody is given up: who failed there begins anew on the older one")
    func innocent() {
        var scheduler = Self.onTwoReplicas()
        var failed: [SequenceID] = [], last = Recovery(of: [], from: .stateLost, &scheduler)
        for _ in 0 ..< 20 {
            let rows = scheduler.plan(at: .zero, promptRowsMax: (beside: 100, alone: 100)).rows
            let bad = rows.first { $0.replica == ReplicaID(2) }?.replica
            guard let bad else { break }
            last = Recovery(of: rows.map(\.id), from: .stateLost, on: bad, &scheduler)
            for id in last.failed { scheduler.end(id, isSound: false, at: .zero) }
            failed += last.failed
        }
        #expect(failed.isEmpty && scheduler.running.count == 4)
        #expect(scheduler.running.allSatisfy { $0.replica == .first && !$0.isSuspect && $0.failures <= 1 })
    }

    @Test("where there is no hope all fail, and none of them begins anew")
    func hopeless() {
        var scheduler = Self.scheduler()
        let (ids, recovery) = Self.fail(&scheduler, .hopeless)
        #expect(recovery.failed == ids && recovery.restartedCount == 0 && !recovery.waitsForNews)
        #expect(scheduler.counts.running == 4)
    }
}
