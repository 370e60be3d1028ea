internal import Checkpoint
internal import Messages
internal import Testing
internal import Transport

@testable import Router

/// The sequences there are, as the engine's loop and its clients change them.
@Suite("Sequence table") struct SequenceTableTests {
    private static func table(places: Int = 8, waiting: Int = 8, memoryBytes: Int = 1000) -> SequenceTable {
        SequenceTable(
            Scheduler.Limits(placesMax: places, waitingMax: waiting, memoryBytes: memoryBytes, size: .bytePerToken))
    }

    private static func submit(
        _ table: inout SequenceTable, promptCount: Int = 4, answerMax: Int = 4
    ) throws(GenerationError) -> SequenceID {
        let demand = Demand(promptCount: promptCount, answerMax: answerMax)
        return try table.submit(demand, at: .zero) { id in TestSequence.make(id, promptCount: promptCount) }
    }

    private static func plan(_ table: inout SequenceTable) -> StepPlan {
        let pace = PromptPace(target: .timesUndisturbed(2), rowsMax: 100)
        return table.plan(at: .zero, promptRowsMax: 100, pace)
    }

    // MARK: coming and going

    @Test("sequences are numbered as they come, and are there until they are removed")
    func numbers() throws {
        var table = Self.table()
        #expect(try Self.submit(&table) == 1)
        #expect(try Self.submit(&table) == 2)
        #expect(table.remove(1, at: .zero)?.id == 1)
        #expect(table.remove(1, at: .zero) == nil)
        #expect(try Self.submit(&table) == 3)
        #expect(Set(table.sequences.keys) == [2, 3])
    }

    @Test("one too many, and one too large, are refused with the reason and leave nothing behind")
    func refused() throws {
        var table = Self.table(places: 1, waiting: 0, memoryBytes: 10)
        let sentence = "the prompt has 11 tokens, and the attention service has memory for 10"
        #expect(throws: GenerationError.tooLarge(sentence)) {
            try Self.submit(&table, promptCount: 11)
        }
        _ = try Self.submit(&table)
        do {
            _ = try Self.submit(&table)
            Issue.record("it is taken")
        } catch {
            guard case .overloaded(_, let wait) = error else { throw error }
            #expect(wait >= .seconds(1))
        }
        #expect(table.sequences.count == 1)
    }

    @Test("a table that is closed tells who is left")
    func closed() throws {
        var table = Self.table()
        _ = try Self.submit(&table)
        _ = try Self.submit(&table)
        #expect(!table.isClosed)
        #expect(Set(table.close()) == [1, 2])
        #expect(table.isClosed)
    }

    // MARK: steps

    @Test("a step has the rows of those that are ready and still there")
    func work() throws {
        var table = Self.table()
        for _ in 0 ..< 3 { _ = try Self.submit(&table) }
        let plan = Self.plan(&table)
        #expect(plan.rows.map(\.id) == [1, 2, 3])
        _ = table.remove(2, at: .zero)
        let work = table.work(of: plan, except: [3])
        #expect(work.map(\.sequence.id) == [1] && work.map(\.rows) == [plan.rows[0]])
    }

    @Test("sequences of a replica that is lost begin anew on another, before those that never began")
    func lostReplica() throws {
        var table = Self.table(places: 2)
        let second = ReplicaID(2)
        for _ in 0 ..< 3 { _ = try Self.submit(&table) }
        table.completed(Self.plan(&table).rows)
        table.setMemory(of: second, bytes: 1000, othersBytes: 0)
        table.lost(.first, at: .zero)
        let plan = Self.plan(&table)
        #expect(plan.opens.keys.sorted() == [1, 2] && plan.opens.values.allSatisfy { $0.replica == second })
        #expect(plan.closes.isEmpty, "nobody is left who could close them")
        #expect(plan.rows.map(\.count) == [5, 5] && plan.rows.allSatisfy { $0.replica == second })
    }

    @Test("without a replica all wait; what is kept on one that goes is forgotten, also what was being kept just then")
    func noReplica() throws {
        var table = Self.table()
        table.found(7, [1, 2, 3], in: .everyone, on: .first)
        _ = try Self.submit(&table)
        table.completed(Self.plan(&table).rows)
        table.lost(.first, at: .zero)
        #expect(table.states(on: .first).shared.isEmpty)
        let keep = StepPlan.Keep(
            id: 1, state: 8, closes: false, scope: .everyone, tokens: [1, 2], worth: .seconds(1))
        _ = table.settle([.kept(keep)], at: .zero)
        #expect(table.states(on: .first).shared.isEmpty)
        #expect(Self.plan(&table).isEmpty)
        #expect(table.scheduler.counts == Scheduler.Counts(running: 0, waiting: 1, parked: 0))
        _ = try Self.submit(&table, promptCount: 900)
        #expect(throws: GenerationError.self) { try Self.submit(&table, promptCount: 1001) }
        table.setMemory(of: ReplicaID(2), bytes: 2000, othersBytes: 0)
        #expect(Set(Self.plan(&table).opens.keys) == [1, 2])
    }

    @Test("sequences leave a replica that is drained; where no states are kept they read their tokens again")
    func drained() throws {
        var table = Self.table()
        let second = ReplicaID(2)
        _ = try Self.submit(&table)
        for _ in 0 ..< 3 { table.completed(Self.plan(&table).rows) }
        table.drain(.first)
        let alone = Self.plan(&table)
        #expect(alone.rows.map(\.replica) == [.first], "there is no other replica")
        table.completed(alone.rows)
        table.setMemory(of: second, bytes: 1000, othersBytes: 0)
        _ = try Self.submit(&table)
        let leaving = Self.plan(&table)
        #expect(leaving.closes == [.first: [1]] && leaving.opens.mapValues(\.replica) == [2: second])
        #expect(leaving.rows.allSatisfy { $0.replica == second })
        table.completed(leaving.rows)
        var next = Self.plan(&table)
        #expect(next.opens.mapValues(\.replica) == [1: second])
        for _ in 0 ..< 10 where !next.rows.contains(where: { $0.id == 1 }) {
            table.completed(next.rows)
            next = Self.plan(&table)
        }
        #expect(next.rows.first { $0.id == 1 }?.start == 0)
        #expect(table.scheduler.sequenceCount(on: .first) == 0)
    }

    @Test("states of another size are states of other replicas: those there were are lost")
    func stateSize() throws {
        var table = Self.table()
        _ = try Self.submit(&table)
        table.completed(Self.plan(&table).rows)
        table.setStateSize(.bytePerToken, at: .zero)
        #expect(Self.plan(&table).rows.map(\.start) == [4], "it has not changed")
        table.setStateSize(StateSize(fixedBytes: 100, pageBytes: 2, pageLength: 1), at: .zero)
        #expect(table.scheduler.limits.replicas.isEmpty && table.scheduler.tokensMax(at: .zero) == 450)
        table.setMemory(of: ReplicaID(2), bytes: 500, othersBytes: 0)
        #expect(table.scheduler.tokensMax(at: .seconds(60)) == 200)
        #expect(Self.plan(&table).opens[1] == StepPlan.Opening(replica: ReplicaID(2), tokensMax: 8))
        #expect(table.scheduler.reservedBytes(on: ReplicaID(2)) == 116)
    }

    @Test("a replica that did not answer is left alone for a moment, if there is another")
    func avoided() throws {
        var table = Self.table()
        _ = try Self.submit(&table)
        _ = Self.plan(&table)
        _ = table.settle([.lost(1)], at: .zero)
        table.setMemory(of: ReplicaID(2), bytes: 100, othersBytes: 0)
        #expect(Self.plan(&table).opens[1]?.replica == ReplicaID(2))
        _ = table.recover([1], from: .stateLost, on: ReplicaID(2), at: .zero)
        #expect(Self.plan(&table).opens[1]?.replica == .first, "where nobody answers, all are asked again")
    }

    // MARK: what came of moves

    @Test("who lacked memory waits while somebody else has some, and fails where nobody has")
    func lackedMemory() throws {
        let error = RPCError(.resourceExhausted, "x")
        var table = Self.table()
        for _ in 0 ..< 2 { _ = try Self.submit(&table) }
        _ = Self.plan(&table)
        let first = table.settle([.lackedMemory(2, .begin, error)], at: .zero)
        #expect(first.ids == [2] && first.failed.isEmpty)
        #expect(table.scheduler.counts == Scheduler.Counts(running: 1, waiting: 1, parked: 0))
        let second = table.settle([.lackedMemory(1, .begin, error)], at: .zero)
        #expect(second.ids == [1] && second.failed.map(\.id) == [1])
        #expect(table.scheduler.counts == Scheduler.Counts(running: 0, waiting: 1, parked: 0))
        #expect(table.sequences[1] != nil, "whoever tells its client removes it")
    }

    @Test("whose state is lost begins anew, and is not in this step")
    func lost() throws {
        var table = Self.table()
        _ = try Self.submit(&table)
        _ = Self.plan(&table)
        let unready = table.settle([.lost(1)], at: .zero)
        #expect(unready.ids == [1] && unready.failed.isEmpty)
        #expect(table.scheduler.counts == Scheduler.Counts(running: 0, waiting: 1, parked: 0))
        let plan = Self.plan(&table)
        #expect(plan.closedIDs == [1] && plan.rows.map(\.id) == [1])
    }

    @Test("whose state cannot be had fails, and its memory is free for the next mishap")
    func failed() throws {
        var table = Self.table()
        for _ in 0 ..< 2 { _ = try Self.submit(&table) }
        _ = Self.plan(&table)
        let error = RPCError(.internalError, "x")
        let unready = table.settle([.failed(1, error), .lackedMemory(2, .begin, error)], at: .zero)
        #expect(unready.ids == [1, 2] && unready.failed.map(\.id) == [1])
        #expect(table.scheduler.counts == Scheduler.Counts(running: 0, waiting: 1, parked: 0))
    }

    @Test("where there is another replica it begins anew there, until that has failed too often")
    func failedOnOne() throws {
        var table = Self.table()
        table.setMemory(of: ReplicaID(2), bytes: 900, othersBytes: 0)
        _ = try Self.submit(&table)
        var replicas: [ReplicaID] = []
        for round in 1 ... 3 {
            replicas += Self.plan(&table).rows.map(\.replica)
            let unready = table.settle([.failed(1, RPCError(.internalError, "x"))], at: .zero)
            #expect(unready.ids == [1] && unready.failed.map(\.id) == (round < 3 ? [] : [1]))
        }
        #expect(replicas.prefix(2) == [.first, ReplicaID(2)] && replicas.count == 3)
    }

    @Test("a sequence that could not be parked rests in memory, and nothing is parked on disk for a while")
    func stayedInMemory() throws {
        var table = Self.table(places: 1)
        let unready = table.settle([.stayedInMemory(1, .first)], at: .seconds(5))
        #expect(unready.ids.isEmpty && unready.failed.isEmpty)
        #expect(table.scheduler.pauses(of: .first).keepsOffDiskUntil > .seconds(5))
    }

    @Test("who fails with a step is there until it is removed")
    func recover() throws {
        var table = Self.table()
        _ = try Self.submit(&table)
        let ids = Self.plan(&table).rows.map(\.id)
        #expect(table.recover(ids, from: .suspicious, at: .zero).failed == [1])
        #expect(table.remove(1, at: .zero) != nil)
        #expect(table.scheduler.counts == Scheduler.Counts())
    }
}
