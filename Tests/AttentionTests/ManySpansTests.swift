import Checkpoint
import Foundation
import Tensors
import Testing

@testable import Attention

/// One call for the rows of many sequences, or one for each: nobody can tell.
@Suite("Many spans in one call") struct ManySpansTests {
    /// What each sequence has seen, and how many rows it gets: decode and prefill rows in turns, at and across the
    /// borders of blocks, pages and ranges.
    private static let sequences: [(seen: Int, rows: Int)] = [
        (0, 1), (63, 1), (5, 200), (64, 1), (0, 70), (4200, 1), (130, 2), (4090, 9), (1, 1),
    ]

    private func checkpoint(_ name: String) throws -> WeightFiles {
        try WeightFiles(
            directory: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
                path: "Fixtures/\(name)"
            ).path)
    }

    private func rows(_ count: Int, seed: Int, columns: Int) -> Tensor {
        Tensor(columns: columns, values: (0 ..< count * columns).map { Float(($0 * 31 + seed * 101) % 251 - 125) / 97 })
    }

    /// - Parameters:
    ///   - fresh: a sequence that has seen nothing.
    ///   - attend: extends sequences by rows and gives the values that each row came to.
    private func check<State>(
        columns: Int, fresh: () -> State, attend: (Tensor, [(State, Range<Int>)], Compute) -> [[Float]]
    ) {
        func prepared() -> [State] {
            Self.sequences.enumerated().map { index, sequence in
                let state = fresh(), first = rows(sequence.seen, seed: index, columns: columns)
                if sequence.seen > 0 { _ = attend(first, [(state, 0 ..< sequence.seen)], Compute(threads: 1)) }
                return state
            }
        }
        let inputs = Self.sequences.enumerated().map { rows($1.rows, seed: 50 + $0, columns: columns) }
        let last = Self.sequences.indices.map { rows(1, seed: 90 + $0, columns: columns) }
        func alone(_ states: [State], _ inputs: [Tensor]) -> [[Float]] {
            zip(states, inputs).flatMap { attend($1, [($0, 0 ..< $1.rows)], Compute(threads: 1)) }
        }
        func together(_ states: [State], _ inputs: [Tensor], threads: Int) -> [[Float]] {
            var first = 0
            let spans = zip(states, inputs).map { state, input in
                defer { first += input.rows }
                return (state, first ..< first + input.rows)
            }
            return attend(Tensor(columns: columns, values: inputs.flatMap(\.values)), spans, Compute(threads: threads))
        }
        func bits(_ values: [[Float]]) -> [[UInt32]] { values.map { $0.map(\.bitPattern) } }

        let separate = prepared()
        let expected = bits(alone(separate, inputs) + alone(separate, last))
        for threads in 1 ... 3 {
            let states = prepared()
            let found = bits(together(states, inputs, threads: threads) + together(states, last, threads: threads))
            let same = found == expected
            #expect(
                same, "\(threads) threads: \(zip(found, expected).count { $0 != $1 }) of \(expected.count) rows differ")
        }
    }

    @Test("lightning: the same bytes as a call for each span, for any number of threads")
    func lightning() throws {
        let files = try checkpoint("mixed-original"), config = files.config
        let layer = try LightningAttention(files, layer: 0)
        check(
            columns: config.hiddenSize,
            fresh: { LightningState.fresh(headCount: config.headCount, headDimension: config.headDimension) }
        ) { input, spans, compute in
            let (partial, squares) = layer.attend(input, spans.map { ($0, $1) }, compute)
            return (0 ..< input.rows).map { Array(partial.row($0)) + [squares[$0]] }
        }
    }

    @Test(
        "softmax: the same bytes as a call for each span, for any number of threads",
        arguments: ["mixed-original", "sliding-window"])
    func softmax(name: String) throws {
        let files = try checkpoint(name), config = files.config
        let index = try #require(config.layers.firstIndex(of: .softmax))
        let layer = try SoftmaxAttention(files, layer: index)
        check(
            columns: config.hiddenSize,
            fresh: { KeyValueCache.fresh(headCount: config.keyValueHeadCount, headDimension: config.headDimension) }
        ) { input, spans, compute in
            let output = layer.attend(input, spans.map { ($0, $1) }, compute)
            return (0 ..< input.rows).map { Array(output.row($0)) }
        }
    }
}
