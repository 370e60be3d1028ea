internal import Checkpoint
internal import Logging
internal import Messages
internal import Synchronization
internal import Testing
internal import Transport

@testable import Router

/// The router's calls about kept states, over a real connection.
@Suite("Kept states of the attention service") struct KeptStatesTests {
    private let service = PlayedAttention()
    private let logger = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }

    /// An engine that only has a book.
    private final class Book: StateBook {
        let book = Mutex(PrefixBook())
        let parked: Set<StateID>
        init(parked: Set<StateID> = []) { self.parked = parked }

        func states(on replica: ReplicaID) -> (shared: Set<StateID>, parked: Set<StateID>) {
            (book.withLock { $0.states(on: replica) }, parked)
        }
        func found(_ state: StateID, _ tokens: [Int32], in scope: PrefixScope, on replica: ReplicaID) {
            book.withLock { $0.kept(state, tokens, in: scope, on: replica) }
        }
        func gone(_ states: Set<StateID>, on replica: ReplicaID) { book.withLock { $0.gone(states, on: replica) } }
    }

    private func keep(closes: Bool = false) -> StepPlan.Keep {
        StepPlan.Keep(
            id: 4, state: 8, closes: closes, scope: .everyone, tokens: [1, 2, 3], worth: .milliseconds(1500))
    }

    /// The results of moves, in short.
    private func perform(_ moves: [SequenceMove]) async throws -> [String] {
        let results = Mutex<[String]>([])
        try await service.serve { attention in
            let mover = SequenceMover(replicas: AttentionReplicas([attention]), logger: logger)
            for result in await mover.perform([.first: moves.map { [$0] }]) {
                results.withLock { $0.append("\(result)") }
            }
        }
        return results.withLock { $0 }
    }

    private var calls: [String] { service.content.withLock { $0.calls } }

    @Test("a new connection brings book and service in line: unknown states are found, gone ones forgotten")
    func reconcile() async throws {
        service.content.withLock { $0.states = [1: [10, 11], 2: [20, 21, 22], 3: [], 4: [], 5: [50]] }
        service.content.withLock { $0.failures = ["describe 5": .notFound] }
        let book = Book(parked: [4])
        book.found(1, [10, 11], in: .everyone, on: .first)
        book.found(9, [90], in: .everyone, on: .first)
        try await service.serve { attention in
            try await StateInventory(replica: attention, book: book, logger: logger).reconcile()
        }
        #expect(book.states(on: .first).shared == [1, 2], "5 has gone meanwhile")
        let isThere = book.book.withLock { $0.holds([20, 21, 22], in: PrefixScope(text: "scope")) }
        #expect(isThere)
        #expect(calls == ["describe 2", "describe 3", "describe 5", "drop [3]"], "4 is a parked sequence's")
    }

    @Test("a state that is said to have another length than tokens is dropped")
    func otherTokens() async throws {
        service.content.withLock { $0.states = [1: [10, 11], 2: [20, 21, 22]] }
        service.content.withLock { $0.lengthTold = 3 }
        let book = Book()
        try await service.serve { attention in
            try await StateInventory(replica: attention, book: book, logger: logger).reconcile()
        }
        #expect(book.states(on: .first).shared == [2])
        #expect(calls == ["describe 1", "describe 2", "drop [1]"])
    }

    @Test("tokens that the model does not have are a fault of the service, which is told on")
    func foreignTokens() async throws {
        service.content.withLock { $0.states = [1: [1 << 30]] }
        let faults = Mutex<[String]>([])
        try await service.serve(onFault: { fault in faults.withLock { $0.append(fault) } }) { attention in
            await #expect(throws: ClusterError.self) { _ = try await attention.describe(1) }
        }
        let fault = try #require(faults.withLock { $0 }.first)
        #expect(fault.hasPrefix("token 1073741824 in state ") && fault.contains("which is none of "), "\(fault)")
    }

    @Test("now and then the book forgets what the service has let go; it asks for nothing new")
    func refresh() async throws {
        service.content.withLock { $0.states = [1: [10], 2: [20]] }
        let book = Book()
        book.found(1, [10], in: .everyone, on: .first)
        book.found(9, [90], in: .everyone, on: .first)
        try await service.serve { attention in
            try await StateInventory(replica: attention, book: book, logger: logger).refresh()
        }
        #expect(book.states(on: .first).shared == [1] && calls.isEmpty)
    }

    @Test("a state is kept with its tokens; one of another length than expected is dropped at once")
    func keeps() async throws {
        #expect(try await perform([.keep(keep(closes: true))]).first?.hasPrefix("kept") == true)
        #expect(calls == ["keep 4 closes true promised false"])
        #expect(service.content.withLock { $0.states } == [8: [1, 2, 3]])
        service.content.withLock { $0.lengthTold = 2 }
        #expect(try await perform([.keep(keep())]) == ["notKept(4)"])
        #expect(service.content.withLock { $0.states }.isEmpty)
    }

    @Test("parking keeps a promised state and writes it; one that is kept already is only written")
    func parks() async throws {
        let results = try await perform([
            .park(StepPlan.Parking(id: 4, state: 8)), .park(StepPlan.Parking(id: 5, state: 9, isKept: true)),
        ])
        #expect(results.isEmpty)
        #expect(calls == ["keep 4 closes true promised true", "store 8 leaves true", "store 9 leaves true"])
    }

    @Test("a sequence whose state could not be kept is lost; where only the disk is full it stays in memory")
    func parkingFails() async throws {
        service.content.withLock { $0.failures = ["keep": .internalError] }
        #expect(try await perform([.park(StepPlan.Parking(id: 4, state: 8))]) == ["lost(4)"])
        service.content.withLock { $0.failures = ["store": .resourceExhausted] }
        #expect(try await perform([.park(StepPlan.Parking(id: 4, state: 8))]) == ["stayedInMemory(4, 1)"])
    }

    @Test("what was to be done on a replica that is gone is not; whoever had its state there begins anew")
    func goneReplica() async throws {
        let (gone, opening) = (ReplicaID(2), StepPlan.Opening(replica: ReplicaID(2), tokensMax: 20))
        let mover = SequenceMover(replicas: AttentionReplicas(), logger: logger)
        let parking = StepPlan.Parking(id: 3, replica: gone, state: 30)
        let results = await mover.perform([
            gone: [
                [.close([1])], [.discard([2])], [.park(parking)], [.grow(4, tokensMax: 9)], [.keep(keep())],
                [.resume(5, opening)], [.open(6, opening)],
            ]
        ])
        #expect(results.map { "\($0)" } == ["lost(3)", "lost(4)", "notKept(4)", "lost(5)", "lost(6)"])
        #expect(!mover.reaches([gone]) && mover.reaches([]))
    }

    @Test("the moves of one replica go on while another's wait")
    func sideBySide() async throws {
        let other = PlayedAttention(), entered = Signal<Void>()
        service.onStore.withLock { $0 = { await entered.wait() } }
        other.onStore.withLock { $0 = { entered.send() } }
        try await service.serve { first in
            try await other.serve { second in
                let mover = SequenceMover(
                    replicas: AttentionReplicas([first, AttentionReplica(id: ReplicaID(2), parts: second.parts)]),
                    logger: logger)
                let results = await mover.perform([
                    .first: [[.park(StepPlan.Parking(id: 1, state: 10, isKept: true))]],
                    ReplicaID(2): [
                        [.park(StepPlan.Parking(id: 2, replica: ReplicaID(2), state: 20, isKept: true))]
                    ],
                ])
                #expect(results.isEmpty)
            }
        }
        #expect(calls == ["store 10 leaves true"])
        #expect(other.content.withLock { $0.calls } == ["store 20 leaves true"])
    }

    @Test("coming back takes the parked state's place")
    func resumes() async throws {
        let opening = StepPlan.Opening(tokensMax: 20, state: 8, length: 10)
        #expect(try await perform([.resume(4, opening)]) == ["granted(4, bytes: 1000)"])
        #expect(calls == ["open 4 from all 10 of 8, which ends"])
    }
}
