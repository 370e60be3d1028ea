import Checkpoint
import Foundation
import Messages
import Tensors
import TestSupport
import Testing

@testable import Attention

/// All parts of a layer, added pair by pair, are the bytes of one process that has all heads.
@Suite("Parts of attention add up to the same bytes") struct PartEqualityTests {
    static let fixtures = [
        "all-lightning", "all-softmax-fused", "intermediate-20", "mixed-original", "odd-sizes", "one-layer",
        "one-softmax-layer", "pre-norm", "shared-expert", "shared-expert-list", "sliding-window",
    ]

    /// Odd shapes: parts that begin inside groups, one head a part, more parts than groups, dimensions that fill no
    /// vector.
    static let shapes: [RandomCheckpoint] = [
        RandomCheckpoint(heads: 8, keyValueHeads: 2, d: 8, hidden: 24),
        RandomCheckpoint(heads: 8, keyValueHeads: 1, d: 20, hidden: 33, window: 7),
        RandomCheckpoint(heads: 12, keyValueHeads: 3, d: 12, hidden: 40),
        RandomCheckpoint(heads: 24, keyValueHeads: 3, d: 6, hidden: 17, window: 70),
        RandomCheckpoint(heads: 24, keyValueHeads: 24, d: 4, hidden: 50),
        RandomCheckpoint(heads: 40, keyValueHeads: 5, d: 4, hidden: 31),
        RandomCheckpoint(heads: 16, keyValueHeads: 4, d: 8, hidden: 20, type: .float32),
        RandomCheckpoint(heads: 8, keyValueHeads: 2, d: 64, hidden: 65, type: .int8),
        RandomCheckpoint(heads: 24, keyValueHeads: 3, d: 64, hidden: 96, window: 9, type: .int8),
        RandomCheckpoint(heads: 16, keyValueHeads: 2, d: 8, hidden: 70, type: .int8),
        RandomCheckpoint(heads: 8, keyValueHeads: 2, d: 32, hidden: 65, type: .int4),
        RandomCheckpoint(heads: 24, keyValueHeads: 3, d: 32, hidden: 40, window: 65, type: .int4),
        RandomCheckpoint(heads: 12, keyValueHeads: 3, d: 24, hidden: 33, type: .int4),
    ]

    /// Decode rows and prefill pieces of two sequences, in turns and together: of each call how many rows each has.
    private static let calls = [(5, 0), (1, 70), (1, 1), (0, 129), (64, 1), (1, 2), (3, 63), (1, 1)]

    /// What all calls come to: of each call and layer the sums, then the squares.
    private func answers(
        _ files: WeightFiles, _ part: AttentionPart, _ keyValues: FloatFormat, _ compute: Compute
    ) throws -> [[Float]] {
        let config = files.config, layers = try AttentionLayers(files, part)
        let shape = StateShape(config, part, keyValues: keyValues), book = MemoryBook()
        let states = (0 ..< 2).map { _ in LiveState(shape, tokensMax: 400, book) }
        return Self.calls.flatMap { first, second in
            config.layers.indices.map { layer in
                let seeds = states.map { 13 * layer + $0.layers[layer].length }
                let input = zip([first, second], seeds).flatMap { pattern($0 * config.hiddenSize, seed: $1) }
                let spans = [(states[0], 0 ..< first), (states[1], first ..< first + second)]
                    .filter { !$0.1.isEmpty }.map { (state: $0.layers[layer], rows: $1) }
                let answer = layers.attend(
                    layer: layer, Tensor(columns: config.hiddenSize, values: input), spans, compute)
                return answer.partial + answer.squares
            }
        }
    }

    /// Compares whole and parts, for every number of parts that the model can be cut into.
    private func check(
        _ files: WeightFiles, keyValues: FloatFormat = .float32, _ compute: Compute, parts expected: [Int]
    ) throws {
        let counts = AttentionPart.counts.filter { $0 <= (try? files.attentionPartsMax()) ?? 0 }
        #expect(counts == expected)
        let whole = try answers(files, .whole, keyValues, compute)
        let isFinite = whole.allSatisfy { $0.allSatisfy(\.isFinite) }
        #expect(isFinite)
        for count in counts.dropFirst() {
            let parts = try AttentionPart.all(of: count).map { try answers(files, $0, keyValues, compute) }
            for call in whole.indices {
                let isSame = bits(addedPairwise(parts.map { $0[call] })) == bits(whole[call])
                let layer = call % files.config.layerCount
                #expect(isSame, "\(count) parts, call \(call / files.config.layerCount), layer \(layer)")
            }
        }
    }

    /// The slowest and the fastest table. Fast arithmetic makes no promise about bytes.
    private static let tables = [Kernels.supported[0], .best]

    @Test("fixtures, on any table and number of threads", arguments: fixtures, [1, 3])
    func fixture(name: String, threads: Int) throws {
        let files = try Fixture.files(name), heads = files.config.headCount
        for kernels in Self.tables {
            try check(
                files, Compute(kernels: kernels, threads: threads),
                parts: AttentionPart.counts.filter { heads % $0 == 0 })
        }
    }

    @Test("odd shapes and stored types, on any table and number of threads", arguments: shapes, [1, 2])
    func shape(shape: RandomCheckpoint, threads: Int) throws {
        let files = try shape.files(), group = shape.type.groupSize ?? 1
        let counts = AttentionPart.counts.filter { shape.heads % $0 == 0 && shape.heads / $0 * shape.d % group == 0 }
        for kernels in Self.tables {
            try check(
                files, Compute(kernels: kernels, threads: threads),
                parts: counts.isEmpty ? [1] : counts)
        }
    }

    @Test("the demo model, with keys and values in either format", arguments: FloatFormat.allCases)
    func demo(keyValues: FloatFormat) throws {
        let path = URL(filePath: Fixture.path("")).appending(path: "../../compose/models/demo").standardizedFileURL
        let files = try WeightFiles(directory: path.path)
        try check(files, keyValues: keyValues, Compute(threads: 2), parts: [1, 2, 4, 8])
    }

    @Test("a part's states are those of its heads, and no larger than the config says of the largest")
    func states() throws {
        for shape in Self.shapes {
            let config = try shape.files().config
            for count in AttentionPart.counts where count <= config.attentionPartsMax {
                for (part, format) in AttentionPart.all(of: count).flatMap({ part in
                    FloatFormat.allCases.map { (part, $0) }
                }) {
                    let largest = config.stateSize(of: count, keyValues: format)
                    let shape = StateShape(config, part, keyValues: format)
                    let state = LiveState(shape, tokensMax: 130, MemoryBook())
                    #expect(state.grantedBytes == shape.size.bytes(tokens: 130))
                    #expect(state.grantedBytes <= largest.bytes(tokens: 130))
                }
            }
        }
    }
}

@Suite("Groups of a part's heads") struct HeadGroupTests {
    @Test("are cut where a part begins or ends inside one, and counted from the part's first heads")
    func groups() throws {
        let config = try RandomCheckpoint(heads: 12, keyValueHeads: 3).files().config
        func groups(_ index: Int, _ count: Int) -> [HeadGroup] {
            AttentionPart(index: index, count: count).map { HeadGroup.of($0, config) } ?? []
        }
        func group(_ keyValueHead: Int, _ heads: Range<Int>) -> HeadGroup {
            HeadGroup(keyValueHead: keyValueHead, heads: heads)
        }
        #expect(groups(0, 1) == [group(0, 0 ..< 4), group(1, 4 ..< 8), group(2, 8 ..< 12)])
        #expect(groups(0, 2) == [group(0, 0 ..< 4), group(1, 4 ..< 6)])
        #expect(groups(1, 2) == [group(0, 0 ..< 2), group(1, 2 ..< 6)])
        #expect(groups(0, 4) == [group(0, 0 ..< 3)])
        #expect(groups(1, 4) == [group(0, 0 ..< 1), group(1, 1 ..< 3)])
        #expect(groups(2, 4) == [group(0, 0 ..< 2), group(1, 2 ..< 3)])
        #expect(groups(3, 4) == [group(0, 0 ..< 3)])
    }
}
