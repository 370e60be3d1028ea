internal import Checkpoint
internal import Messages
internal import Synchronization
internal import Testing

@testable import Router

/// Prefixes from one request to the next, as the table of sequences sees them; the attention service is played.
@Suite("Sequence table with kept states") struct TablePrefixTests {
    private var table: SequenceTable

    init() { table = Self.table(KeepPolicy()) }

    private static func table(_ keeping: KeepPolicy) -> SequenceTable {
        SequenceTable(
            Scheduler.Limits(placesMax: 8, waitingMax: 8, memoryBytes: 100_000, size: .bytePerToken), keeping: keeping)
    }

    private static func tokens(_ count: Int, seed: Int32 = 0) -> [Int32] {
        (0 ..< Int32(count)).map { $0 + seed * 1000 }
    }

    @discardableResult private mutating func submit(
        _ prompt: [Int32], _ change: (inout GenerationRequest) -> Void = { _ in }
    ) throws -> SequenceID {
        var request = GenerationRequest(id: "r", prompt: prompt, tokensMax: 100)
        change(&request)
        let demand = Demand(promptCount: prompt.count, answerMax: 100)
        return try table.submit(demand, at: .zero) { id in
            LiveSequence(id, request, suppressed: [], endTokens: [], outputs: LiveSequence.Outputs.makeStream().1)
        }
    }

    /// A step that goes well: moves succeed, rows are computed, everyone whose turn it is says 5.
    @discardableResult private mutating func step() -> StepPlan {
        let plan = table.plan(
            at: .zero, promptRowsMax: 10_000, PromptPace(target: .timesUndisturbed(2), rowsMax: 10_000))
        let opened = plan.opens.keys.sorted().map { MoveResult.opened($0, bytes: 1) }
        _ = table.settle(opened + plan.keeps.map { .kept($0) }, at: .zero)
        let work = table.work(of: plan, except: [])
        table.completed(plan.rows)
        for part in work where part.rows.yieldsToken {
            _ = part.sequence.progress.withLock {
                $0.take(5, nil, yieldsToken: true, of: part.sequence.request, endTokens: [], at: .now)
            }
        }
        return plan
    }

    @Test("a prompt that goes on where an answer ended begins from what was kept there")
    func nextTurn() throws {
        var test = self
        let first = try test.submit(Self.tokens(100))
        for _ in 0 ..< 30 { test.step() }
        _ = test.table.remove(first, at: .zero)
        let end = test.step()
        #expect(end.keeps.map(\.closes) == [true])
        let tokens = Self.tokens(100) + [Int32](repeating: 5, count: 29)
        #expect(end.keeps.map(\.tokens) == [tokens])
        let second = try test.submit(tokens + [5] + Self.tokens(40, seed: 1))
        let plan = test.step()
        #expect(plan.opens[second]?.length == 129 && plan.opens[second]?.state == end.keeps[0].state)
        #expect(plan.rows.map(\.start) == [129] && plan.rows.map(\.count) == [41])
        let counts = test.table.takeCounts()
        #expect(counts.fullHits == 1 && counts.tokensReused == 129 && counts.misses == [.unknown: 1])
        #expect(counts.statesKept == 2, "of the first prompt's end and of its answer's")
        #expect(test.table.takeCounts() == PrefixCounts())
    }

    @Test("a state that is wanted is kept however little it is worth, and also where none are kept otherwise")
    func wantedEnd() throws {
        for isOn in [true, false] {
            var test = self
            test.table = Self.table(KeepPolicy(isOn: isOn))
            let id = try test.submit([1, 2, 3]) { ($0.tokensMax, $0.keepsEnd) = (0, true) }
            test.step()
            _ = test.table.remove(id, at: .zero)
            let end = test.step()
            #expect(end.keeps.map(\.tokens) == [[1, 2, 3]] && end.keeps.map(\.closes) == [true])
            #expect(test.table.book.state(of: [1, 2, 3], in: .everyone) == end.keeps.first?.state)
            let again = try test.submit([1, 2, 3]) { ($0.tokensMax, $0.keepsEnd) = (0, true) }
            test.step()
            _ = test.table.remove(again, at: .zero)
            #expect(test.step().keeps.isEmpty, "it is kept already")
        }
    }

    @Test("two equal prompts that come together are computed once")
    func together() throws {
        var test = self
        let first = try test.submit(Self.tokens(300)), second = try test.submit(Self.tokens(300))
        #expect(test.step().rows.map(\.id) == [first])
        #expect(test.step().keeps.map(\.tokens.count) == [300])
        let begin = test.step()
        #expect(begin.opens[second]?.length == 299)
    }

    @Test("prompts that begin alike and come together share what is alike")
    func alike() throws {
        var test = self
        let first = try test.submit(Self.tokens(300) + Self.tokens(50, seed: 1))
        let second = try test.submit(Self.tokens(300) + Self.tokens(50, seed: 2))
        let plan = test.step()
        #expect(plan.rows == [.init(id: first, start: 0, count: 300, yieldsToken: false)])
        #expect(test.step().keeps.map(\.tokens.count) == [300])
        let begin = test.step()
        #expect(begin.opens[second]?.length == 300)
    }

    @Test("a request may decline both; log-probabilities of a prompt need all its rows")
    func declines() throws {
        var test = self
        test.table.found(9, Self.tokens(200), in: .everyone, on: .first)
        let ids = [
            try test.submit(Self.tokens(300)) { $0.reusesPrefix = false },
            try test.submit(Self.tokens(300)) { $0.promptLogprobs = 0 },
            try test.submit(Self.tokens(300)) { $0.scope = PrefixScope(text: "other") },
        ]
        let plan = test.step()
        #expect(ids.allSatisfy { plan.opens[$0]?.state == StateID.none })
        var other = TablePrefixTests()
        let id = try other.submit(Self.tokens(300)) { $0.keepsState = false }
        other.step()
        #expect(other.step().keeps.isEmpty)
        _ = other.table.remove(id, at: .zero)
        let end = other.step()
        #expect(end.keeps.isEmpty && end.closedIDs == [id])
    }

    @Test("where prefixes are not reused nothing is, and nothing is kept or remembered")
    func off() throws {
        var test = self
        test.table = Self.table(KeepPolicy(isOn: false))
        test.table.found(9, Self.tokens(200), in: .everyone, on: .first)
        let id = try test.submit(Self.tokens(300))
        #expect(test.step().opens[id]?.state == StateID.none)
        test.step()
        _ = test.table.remove(id, at: .zero)
        #expect(test.step().keeps.isEmpty)
        #expect(test.table.takeCounts() == PrefixCounts())
    }

    @Test("a sequence whose state is gone begins without it, and nobody else tries")
    func stateGone() throws {
        var test = self
        test.table.found(9, Self.tokens(200), in: .everyone, on: .first)
        let id = try test.submit(Self.tokens(300))
        let pace = PromptPace(target: .timesUndisturbed(2), rowsMax: 10_000)
        let plan = test.table.plan(at: .zero, promptRowsMax: 10_000, pace)
        #expect(plan.opens[id]?.state == 9)
        let unready = test.table.settle([.stateGone(id, 9)], at: .zero)
        #expect(unready.ids == [id] && unready.failed.isEmpty)
        let again = test.step()
        #expect(again.opens[id] == StepPlan.Opening(tokensMax: 400) && again.rows.map(\.start) == [0])
        #expect(test.table.states(on: .first).shared.isEmpty)
        let counts = test.table.takeCounts()
        #expect(counts.statesGone == 1 && counts.misses == [.evicted: 1])
    }

    @Test("a sequence that begins anew after its step failed begins from what it has kept")
    func restart() throws {
        var test = self
        let id = try test.submit(Self.tokens(300))
        for _ in 0 ..< 5 { test.step() }
        _ = test.table.recover([id], from: .stateLost, at: .zero)
        let plan = test.step()
        #expect(plan.opens[id]?.length == 300 && plan.rows == [.init(id: id, start: 300, count: 5, yieldsToken: true)])
    }

    @Test("states that the attention service tells of are known, and those it has let go are not")
    func inventory() throws {
        var test = self
        test.table.found(1, Self.tokens(200), in: .everyone, on: .first)
        test.table.found(2, Self.tokens(300), in: .everyone, on: .first)
        #expect(test.table.states(on: .first).shared == [1, 2])
        test.table.gone([2], on: .first)
        #expect(test.table.states(on: .first).shared == [1])
    }

    @Test(
        "a sequence leaves a replica that is about to go: its state is kept, carried, and it begins from that elsewhere"
    )
    func departure() throws {
        var test = self
        let second = ReplicaID(2)
        let id = try test.submit(Self.tokens(300))
        for _ in 0 ..< 30 { test.step() }
        test.table.setMemory(of: second, bytes: 100_000, othersBytes: 0)
        test.table.drain(.first)
        let leaving = test.step()
        let keep = try #require(leaving.keeps.first)
        #expect(leaving.keeps.count == 1 && keep.closes && keep.id == id && leaving.rows.isEmpty)
        #expect(test.table.statesToMove(from: .first).first == keep.state)
        #expect(test.step().isEmpty, "it waits for its state")
        #expect(test.table.scheduler.sequenceCount(on: .first) == 1)
        let hasMoved = test.table.moved(keep.state, keep.tokens, in: keep.scope, from: .first, to: second)
        #expect(hasMoved)
        let arrived = test.step()
        #expect(arrived.opens[id]?.replica == second && arrived.opens[id]?.length == keep.tokens.count)
        #expect(arrived.rows.map(\.start) == [keep.tokens.count] && arrived.rows.map(\.count) == [1])
        #expect(test.table.scheduler.sequenceCount(on: .first) == 0)
        #expect(test.table.states(on: second).shared.contains(keep.state))
    }

    @Test("a state that moves or comes to a replica which has gone meanwhile is where it was, or nowhere")
    func goneTarget() throws {
        var test = self
        test.table.found(7, Self.tokens(300), in: .everyone, on: .first)
        let hasMoved = test.table.moved(7, Self.tokens(300), in: .everyone, from: .first, to: ReplicaID(2))
        #expect(!hasMoved && test.table.book.replica(of: 7) == .first)
        test.table.restored(8, Self.tokens(400), in: .everyone, on: ReplicaID(2))
        #expect(test.table.book.replica(of: 8) == nil)
        test.table.restored(8, Self.tokens(400), in: .everyone, on: .first)
        #expect(test.table.book.replica(of: 8) == .first)
    }

    @Test("a sequence whose state cannot be carried, or comes too late, reads its tokens again")
    func departureFails() throws {
        for stays in [true, false] {
            var test = self
            let id = try test.submit(Self.tokens(300))
            for _ in 0 ..< 30 { test.step() }
            test.table.setMemory(of: ReplicaID(2), bytes: 100_000, othersBytes: 0)
            test.table.drain(.first)
            let keep = try #require(test.step().keeps.first)
            if stays { test.table.stays(keep.state) } else { test.table.lost(.first, at: .zero) }
            let anew = test.step()
            #expect(anew.opens[id]?.replica == ReplicaID(2) && anew.rows.map(\.start) == [0])
        }
    }
}
