import TestSupport
import Testing
import Transport

@testable import Messages

/// Random calls about sequences and kept states, several at a time.
extension FuzzTests {
    /// Few different values, so that calls meet each other's sequences and states.
    private struct Storm {
        var random: SplitMix64
        let client: RPCClient
        /// A sequence that no other storm touches.
        let own: SequenceID
        /// How many states were kept, and how many sequences went on from one.
        private(set) var kept = 0, continued = 0

        init(seed: UInt64, _ client: RPCClient, own: SequenceID) {
            (random, self.client, self.own) = (SplitMix64(seed: seed), client, own)
        }

        mutating func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0 ..< values.count, using: &random)] }

        private var sequence: SequenceID { mutating get { pick([0, 1, 2, SequenceID(rawValue: .max)]) } }
        private var state: StateID { mutating get { pick([.none, 1, 2, 3, StateID(rawValue: .max)]) } }
        private var length: Int { mutating get { pick([0, 1, 63, 64, 65, 128, 1 << 32, .max]) } }
        private var flag: Bool { mutating get { pick([false, true]) } }
        static let owners = ["stranger", "", "strängér", String(repeating: "s", count: 300)]

        /// One call or the calls of one step.
        mutating func next() async throws {
            let stranger = StateStranger(client: client, owner: pick(Self.owners))
            switch Int.random(in: 0 ..< 16, using: &random) {
            case 0: try await stranger.open(sequence, pick([1, 64, 130, 200, 0, .max]))
            case 1:
                try await stranger.open(
                    sequence, pick([64, 130, 200, length]), from: state, length: length, consumes: flag)
            case 2, 3: try await stranger.compute(sequence, start: pick([0, 1, 64, 65]), count: pick([1, 63, 64]))
            case 4:
                try await stranger.call(.growSequence, GrowSequenceRequest(sequence: sequence, tokensMax: length))
            case 5: try await stranger.close([sequence, sequence])
            case 6: try await keep(sequence, stranger, tokenCount: pick([0, 1, 64, 65]))
            case 7: _ = try await stranger.drop([state, state])
            case 8: try await stranger.store(state, leavesMemory: flag)
            case 9: _ = try await stranger.list()
            case 10: try await stranger.describe(state)
            case 11, 12: try await live(stranger)
            case 13, 14: try await goOn(stranger)
            default:
                let part = try await stranger.export(state, offset: pick([0, 1, length]), bytesMax: length).part
                let copy = state
                try await stranger.import(part, as: copy, offset: pick([0, 1, length]), isLast: flag)
            }
        }

        private mutating func keep(
            _ sequence: SequenceID, _ stranger: StateStranger, tokenCount: Int
        ) async throws {
            try await stranger.keep(
                sequence, as: state, closes: flag, promised: flag, worthMilliseconds: length, scope: "s",
                tokens: [Int32](repeating: 7, count: tokenCount))
            kept += 1
        }

        /// A sequence from its beginning until it is kept.
        private mutating func live(_ stranger: StateStranger) async throws {
            try await stranger.close([own])
            try await stranger.open(own, 200)
            let count = pick([1, 63, 64, 65])
            try await stranger.compute(own, count: count)
            try await keep(own, stranger, tokenCount: pick([0, count]))
        }

        /// A sequence that begins from a kept state.
        private mutating func goOn(_ stranger: StateStranger) async throws {
            try await stranger.close([own])
            let length = pick([1, 63, 64, 65])
            try await stranger.open(own, 200, from: state, length: length, consumes: flag)
            try await stranger.compute(own, start: length, count: pick([1, 64]))
            continued += 1
        }

        /// Goes on to the end; what is refused has to be refused for a reason that the contract names.
        mutating func run(_ count: Int) async {
            for _ in 0 ..< count {
                do { try await next() } catch let error as RPCError {
                    let expected: [RPCError.Code] = [
                        .invalidArgument, .notFound, .failedPrecondition, .resourceExhausted,
                    ]
                    #expect(expected.contains(error.code), "\(error)")
                } catch { Issue.record(error) }
            }
        }
    }

    @Test("random calls about sequences and states, four at a time")
    func stateStorm() async throws {
        try await expectUnharmed { cluster, random in
            try await withClient(cluster.attentionAddress) { client in
                let storms = (0 ..< 4).map { index in
                    Storm(seed: random.next(), client, own: SequenceID(rawValue: 100 + index))
                }
                let ended = await withTaskGroup(of: Storm.self) { tasks in
                    for var storm in storms {
                        tasks.addTask {
                            await storm.run(300)
                            return storm
                        }
                    }
                    return await tasks.reduce(into: []) { $0.append($1) }
                }
                #expect(ended.contains { $0.kept > 0 } && ended.contains { $0.continued > 0 })
                for owner in Storm.owners {
                    let stranger = StateStranger(client: client, owner: owner)
                    try await stranger.dropAll()
                    #expect(try await stranger.list().states.isEmpty)
                }
                for id in [1, 2, 3, StateID(rawValue: .max)] { await endImport(of: id, client) }
            }
            try await closeSequences(cluster)
        }
    }
}
