internal import Checkpoint
internal import Messages
internal import Testing
internal import Transport

@testable import Router

/// The sequences there are, as the engine's loop and its clients change them.
@Suite("Sequence table") struct SequenceTableTests {
    private static let size = StateSize(fixedBytes: 0, pageBytes: 1, pageLength: 1)

    private static func table(places: Int = 8, waiting: Int = 8, memoryBytes: Int = 1000) -> SequenceTable {
        SequenceTable(Scheduler.Limits(placesMax: places, waitingMax: waiting, memoryBytes: memoryBytes))
    }

    private static func submit(
        _ table: inout SequenceTable, promptCount: Int = 4, answerMax: Int = 4
    ) throws(GenerationError) -> SequenceID {
        let demand = Demand(promptCount: promptCount, answerMax: answerMax, state: size)
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

    @Test("after all states were lost, sequences read all their tokens again, once")
    func lostStates() throws {
        var table = Self.table()
        _ = try Self.submit(&table)
        table.completed(Self.plan(&table).rows)
        table.lostLiveStates()
        let plan = Self.plan(&table)
        #expect(plan.closes == [1] && plan.opens.keys.sorted() == [1])
        #expect(plan.rows.map(\.start) == [0] && plan.rows.map(\.count) == [5])
        table.completed(plan.rows)
        let next = Self.plan(&table)
        #expect(next.closes.isEmpty && next.rows.map(\.start) == [5])
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
        #expect(plan.closes == [1] && plan.rows.map(\.id) == [1])
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

    @Test("a sequence that could not be parked rests in memory, and nothing is parked on disk for a while")
    func stayedInMemory() throws {
        var table = Self.table(places: 1)
        let unready = table.settle([.stayedInMemory(1)], at: .seconds(5))
        #expect(unready.ids.isEmpty && unready.failed.isEmpty)
        #expect(table.scheduler.keepsOffDiskUntil > .seconds(5))
    }

    @Test("who fails with a step is there until it is removed")
    func recover() throws {
        var table = Self.table()
        _ = try Self.submit(&table)
        let ids = Self.plan(&table).rows.map(\.id)
        #expect(table.recover(ids, from: .suspicious).failed == [1])
        #expect(table.remove(1, at: .zero) != nil)
        #expect(table.scheduler.counts == Scheduler.Counts())
    }
}
