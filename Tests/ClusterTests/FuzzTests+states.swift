import TestSupport
import Testing
import Transport

@testable import Messages

/// Kept states of somebody else than the router.
extension FuzzTests {
    private static let largest = StateID(rawValue: .max)
    /// Of kept states that these tests make: a block of 64 tokens, and six more.
    private static let length = 70
    private static let tokens = (0 ..< Int32(length)).map { $0 * 3 }

    private func expect(
        _ code: RPCError.Code?, _ location: SourceLocation = #_sourceLocation, _ call: () async throws -> Void
    ) async {
        let error = await failure(call)
        #expect(error?.code == code, "\(error.map { "\($0)" } ?? "no error")", sourceLocation: location)
    }

    /// Somebody who has kept a state of `length` tokens, as id 900.
    private func withState(_ body: (StateStranger) async throws -> Void) async throws {
        try await expectUnharmed { cluster, _ in
            try await withClient(cluster.attentionAddress) { client in
                let stranger = StateStranger(client: client)
                try await stranger.open(1, 128)
                try await stranger.compute(1, count: Self.length)
                try await stranger.keep(1, as: 900, promised: true, scope: "s", tokens: Self.tokens)
                try await body(stranger)
                try await stranger.dropAll()
                #expect(try await stranger.list().states.isEmpty)
            }
            try await closeSequences(cluster)
        }
    }

    /// The same calls by others, to whom the state is as unknown as one that never was.
    private func others(than stranger: StateStranger) -> [StateStranger] {
        ["", "strange", "stranger ", String(repeating: "s", count: 1 << 16)].map { owner in
            StateStranger(client: stranger.client, owner: owner)
        }
    }

    @Test("states that cannot be kept are not, and the sequence goes on unless it was to end")
    func keeping() async throws {
        try await withState { stranger in
            for id in [0, 404, SequenceID(rawValue: .max)] {
                for closes in [false, true] {
                    await expect(.notFound) { try await stranger.keep(id, as: 901, closes: closes) }
                }
            }
            for owner in [stranger] + others(than: stranger) {
                for id in [.none, 900] as [StateID] {
                    await expect(.failedPrecondition) { try await owner.keep(1, as: id) }
                }
            }
            for tokens in [[1], Array(Self.tokens.dropLast()), Self.tokens + [1]] {
                await expect(.invalidArgument) { try await stranger.keep(1, as: 901, tokens: tokens) }
            }
            // A sequence without tokens, then one whose step has reached its first layer only.
            try await stranger.open(2, 8)
            await expect(.failedPrecondition) { try await stranger.keep(2, as: 901) }
            try await stranger.attend(0, 2, start: 0, count: 3)
            await expect(.failedPrecondition) { try await stranger.keep(2, as: 901) }
            await expect(.failedPrecondition) { try await stranger.keep(2, as: 901, closes: true) }
            await expect(.notFound) { try await stranger.attend(1, 2, start: 0, count: 3) }
            #expect(try await stranger.list().states.map(\.state) == [900])

            // After all those refusals the first sequence goes on.
            try await stranger.compute(1, start: Self.length, count: 1)
            let kept = try await stranger.keep(
                1, as: Self.largest, worthMilliseconds: .max, scope: "all", tokens: [Int32](repeating: -1, count: 71))
            #expect(kept.length == 71 && kept.bytes > 0)
            let description = try await stranger.describe(Self.largest)
            #expect(description.scope == "all" && description.tokens == [Int32](repeating: -1, count: 71))
            await expect(.invalidArgument) { try await stranger.keep(1, as: 901, closes: true, tokens: [1]) }
            await expect(.notFound) { try await stranger.keep(1, as: 901) }
        }
    }

    @Test("sequences begin from the owner's states only, at lengths that there are")
    func beginning() async throws {
        try await withState { stranger in
            // Now rather than in the middle of what follows: while it is written it cannot be taken over.
            try await stranger.store(900)
            for owner in others(than: stranger) {
                await expect(.notFound) { try await owner.open(3, 128, from: 900, length: Self.length) }
            }
            for id in [1, 901, Self.largest] {
                await expect(.notFound) { try await stranger.open(3, 128, from: id, length: Self.length) }
            }
            for length in [0, 1, 63, 71, Int.max] {
                for consumes in [false, true] {
                    await expect(.invalidArgument) {
                        try await stranger.open(3, 128, from: 900, length: length, consumes: consumes)
                    }
                }
            }
            await expect(.invalidArgument) { try await stranger.open(3, 128, from: 900, length: 69, consumes: true) }
            for tokensMax in [0, 1, 69, 1 << 32 + 1, Int.max] {
                await expect(.invalidArgument) {
                    try await stranger.open(3, tokensMax, from: 900, length: Self.length)
                }
            }
            for consumes in [false, true] {
                await expect(.resourceExhausted) {
                    try await stranger.open(3, 1 << 32, from: 900, length: Self.length, consumes: consumes)
                }
                await expect(.failedPrecondition) {
                    try await stranger.open(1, 128, from: 900, length: Self.length, consumes: consumes)
                }
            }
            // After all those refusals the state is as it was.
            for length in 64 ... Self.length {
                await expect(nil) { try await stranger.open(4, length + 1, from: 900, length: length) }
                await expect(.failedPrecondition) { try await stranger.attend(0, 4, start: 0, count: 1) }
                await expect(nil) { try await stranger.compute(4, start: length, count: 1) }
                try await stranger.close([4])
            }
            await expect(nil) { try await stranger.open(5, 128, from: 900, length: Self.length, consumes: true) }
            await expect(.notFound) { try await stranger.open(6, 128, from: 900, length: Self.length) }
            await expect(nil) { try await stranger.compute(5, start: Self.length, count: 1) }
        }
    }

    @Test("states are stored, described, listed and dropped for their owner only")
    func owning() async throws {
        try await withState { stranger in
            for owner in others(than: stranger) {
                await expect(.notFound) { try await owner.store(900) }
                await expect(.notFound) { try await owner.describe(900) }
                await expect(.notFound) { try await owner.export(900, bytesMax: 100) }
                #expect(try await owner.drop([900]) == 0)
                #expect(try await owner.list().states.isEmpty)
            }
            for id in [.none, 1, Self.largest] {
                await expect(.notFound) { try await stranger.store(id, leavesMemory: true) }
                await expect(.notFound) { try await stranger.describe(id) }
                await expect(.notFound) { try await stranger.export(id, bytesMax: 100) }
            }
            let size = try await stranger.store(900)
            #expect(try await stranger.store(900, leavesMemory: true) == size)
            let info = try #require(try await stranger.list().states.first)
            #expect(info.state == 900 && info.length == Self.length && info.bytes == 0 && info.diskBytes == size)
            #expect(try await stranger.describe(900).tokens == Self.tokens)
            await expect(nil) { try await stranger.open(3, 128, from: 900, length: Self.length) }
            let many = (0 ..< 100_000).map { StateID(rawValue: $0 << 33) }
            #expect(try await stranger.drop([.none, Self.largest, 900, 900] + many) == 1)
            await expect(.notFound) { try await stranger.open(4, 128, from: 900, length: Self.length) }
            await expect(nil) { try await stranger.compute(3, start: Self.length, count: 1) }
        }
    }

    @Test("files of states come and go in any parts; wrong parts and altered files are refused")
    func files() async throws {
        try await expectFiles { stranger, file, random in
            for (id, offset) in [(900, 0), (StateID.none, 0), (901, 1), (901, Int.max)] {
                await expect(.failedPrecondition) { try await stranger.import(file, as: id, offset: offset) }
            }
            // Parts behind a gap, before the end of what has arrived, and far away.
            try await stranger.import(Array(file[..<1000]), as: 901, isLast: false)
            for offset in [1, 999, 1001, Int.max] {
                await expect(.failedPrecondition) { try await stranger.import([1], as: 901, offset: offset) }
            }
            #expect(
                try await stranger.import(Array(file[1000...]), as: 901, scope: "t", offset: 1000) == Self.length)
            let description = try await stranger.describe(901)
            #expect(description.tokens == Self.tokens && description.scope == "t")
            await expect(nil) { try await stranger.open(3, 128, from: 901, length: Self.length) }

            let wrong = [[], [1], Array(file.dropLast()), file + [0], Array(file.dropFirst())]
            for bytes in wrong { await expect(.invalidArgument) { try await stranger.import(bytes, as: 902) } }
            for _ in 0 ..< 30 {
                var bytes = file
                // Half of them in the header.
                let end = Bool.random(using: &random) ? 2000 : bytes.count
                bytes[Int.random(in: 0 ..< end, using: &random)] ^=
                    UInt8(1) << UInt8.random(in: 0 ... 7, using: &random)
                await expect(.invalidArgument) { try await stranger.import(bytes, as: 902) }
            }
            // A state that was kept without tokens can be exported, but nobody could find it.
            try await stranger.keep(1, as: 903)
            let without = try await stranger.file(903)
            await expect(.invalidArgument) { try await stranger.import(without, as: 902) }
            #expect(try await stranger.list().states.map(\.state) == [900, 901, 903])
        }
    }

    /// Somebody with a state and its file, which is the same in whatever parts it is asked for.
    private func expectFiles(
        _ body: (StateStranger, _ file: [UInt8], inout SplitMix64) async throws -> Void
    ) async throws {
        var random = SplitMix64(seed: .random(in: .min ... .max))
        try await withState { stranger in
            let file = try await stranger.file(900)
            for (offset, bytesMax) in [(0, 1), (7, 100_000), (file.count - 1, Int.max), (file.count / 2, 4096)] {
                let answer = try await stranger.export(900, offset: offset, bytesMax: bytesMax)
                let isSame = answer.part.elementsEqual(file[offset...].prefix(bytesMax))
                #expect(isSame && answer.fileBytes == file.count, "\(bytesMax) bytes at \(offset)")
            }
            for offset in [file.count, file.count + 1, Int.max] {
                #expect(try await stranger.export(900, offset: offset, bytesMax: .max).part.isEmpty)
            }
            #expect(try await stranger.export(900, bytesMax: 0).part == Array(file[..<1]))
            try await body(stranger, file, &random)
        }
    }
}
