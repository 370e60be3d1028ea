import Messages
import Tensors
import Testing
import Transport

@testable import Router

@Suite("Batch") struct BatchTests {
    private static let a = ReplicaID(rawValue: 1), b = ReplicaID(rawValue: 2)

    private static func id(_ number: UInt64) -> SequenceID { SequenceID(rawValue: number) }

    /// Sequence 1 on a, 2 on b, 3 on a.
    private static let batch = {
        var batch = Batch()
        batch.append([10, 11], of: id(1), on: a, start: 5)
        batch.append([20], of: id(2), on: b, start: 0)
        batch.append([30, 31, 32], of: id(3), on: a, start: 7)
        return batch
    }()

    @Test("each replica's share has its sequences' rows, in order")
    func shares() {
        let shares = Self.batch.shares
        #expect(shares.map(\.replica) == [Self.a, Self.b])
        #expect(shares[0].spans.map(\.sequence) == [Self.id(1), Self.id(3)])
        #expect(shares[0].rows == [0 ..< 2, 3 ..< 6])
        #expect(shares[1].rows == [2 ..< 3])
        #expect(Batch().shares.isEmpty)
        let only = Self.batch.without([Self.b]).batch.shares
        #expect(only.map(\.replica) == [Self.a] && only[0].rows == [0 ..< 2, 2 ..< 5])
    }

    @Test("without a replica its sequences' rows are gone, and nobody else's")
    func without() {
        let left = Self.batch.without([Self.a])
        #expect(left.batch == Batch(sequence: Self.id(2), on: Self.b, start: 0, tokens: [20]))
        #expect(left.rows == [2 ..< 3])
        #expect(Self.batch.without([Self.a, Self.b]).batch.isEmpty)
        #expect(Self.batch.without([]).batch == Self.batch)
    }

    @Test("halves put together are the whole, cut at any sequence or inside one")
    func halves() {
        let (first, second) = Self.batch.halves
        #expect(first.tokens == [10, 11, 20] && second.tokens == [30, 31, 32])
        var odd = Batch(sequence: Self.id(1), on: Self.a, start: 3, tokens: [1, 2, 3, 4, 5])
        odd.append([6, 7], of: Self.id(2), on: Self.b, start: 0)
        let halves = odd.halves
        #expect(halves.0.tokens == [1, 2, 3, 4] && halves.0.spans.map(\.start) == [3])
        #expect(halves.1.tokens == [5, 6, 7] && halves.1.spans.map(\.start) == [7, 0])
        #expect(halves.1.replicas == [Self.a, Self.b])
        #expect((halves.0 + halves.1).tokens == odd.tokens)
    }

    @Test("a replica that is lost takes its rows out of all tensors; the others' stay as they are")
    func lose() throws {
        var carried = Carried(batch: Self.batch)
        let all = Tensor(columns: 2, values: (0 ..< 12).map(Float.init))
        var (x, y, z) = (all, all, all)
        carried.lose([Self.a: RPCError(.unavailable, "gone")], from: &x, &y, &z)
        for tensor in [x, y, z] { #expect(tensor == all.rows(2 ..< 3)) }
        #expect(carried.batch.spans.map(\.sequence) == [Self.id(2)] && carried.shares == carried.batch.shares)
        #expect(try carried.someRows().batch == carried.batch)
        carried.lose([Self.b: RPCError(.internalError, "broken")], from: &x, &y, &z)
        #expect(x.rows == 0 && carried.batch.isEmpty)
        let error = #expect(throws: NoRowsLeft.self) { try carried.someRows() }
        #expect(error.map { "\($0)" } == "replica 1: unavailable: gone; replica 2: internalError: broken")
    }

    @Test("of two groups only sequences count whose replica was lost in neither")
    func joined() {
        let (first, second) = Self.batch.halves
        func carried(_ batch: Batch, losing lost: [ReplicaID]) -> Carried {
            var carried = Carried(batch: batch)
            var rows = Tensor(columns: 1, values: batch.tokens.map { Float($0) }), (y, z) = (rows, rows)
            let errors = lost.map { ($0, RPCError(.unavailable, "gone") as any Error) }
            carried.lose(Dictionary(uniqueKeysWithValues: errors), from: &rows, &y, &z)
            carried.hidden = rows
            return carried
        }
        let none = carried(first, losing: []).joined(with: carried(second, losing: []))
        #expect(none.hidden.values == [10, 11, 20, 30, 31, 32] && none.batch.tokens == Self.batch.tokens)
        let some = carried(first, losing: []).joined(with: carried(second, losing: [Self.a]))
        #expect(some.hidden.values == [20] && some.batch.tokens == [20] && some.lost.keys.sorted() == [Self.a])
        let all = carried(first, losing: [Self.b]).joined(with: carried(second, losing: [Self.a]))
        #expect(all.batch.isEmpty && all.hidden.rows == 0)
    }
}

@Suite("Turns") struct TurnTests {
    @Test("two come one after the other, the first one first")
    func turns() async throws {
        let (first, second) = Turn.pair()
        let (order, said) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for (index, turn) in [second, first].enumerated() {
                tasks.addTask {
                    for _ in 0 ..< 3 {
                        try await turn.come()
                        said.yield(index)
                        turn.pass()
                    }
                }
            }
            try await tasks.waitForAll()
        }
        said.finish()
        #expect(await order.reduce(into: []) { $0.append($1) } == [1, 0, 1, 0, 1, 0])
    }

    @Test("one that has left is not waited for")
    func leaving() async throws {
        let (first, second) = Turn.pair()
        try await first.come()
        first.leave()
        for _ in 0 ..< 5 {
            try await second.come()
            second.pass()
        }
    }

    @Test("who is cancelled does not come")
    func cancelled() async {
        let (_, second) = Turn.pair()
        let task = Task { try await second.come() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
