import Checkpoint
import Foundation
import Messages
import Tensors
import TestSupport
import Testing

@testable import ExpertHost

@Suite("Rounds of random calls") struct ExpertRoundTests {
    /// Calls of random rows to random experts and slices of one layer; several may want the same.
    private func calls(_ files: WeightFiles, layer: Int, _ random: inout SplitMix64) throws -> [ExpertCall] {
        let columns = files.config.hiddenSize, expertCount = files.expertCounts[layer]
        return try (0 ..< Int.random(in: 1 ... 6, using: &random)).map { number in
            let rows = [1, 2, 5, 40, 150].randomElement(using: &random)!
            let wanted = Int.random(in: 0 ... expertCount, using: &random)
            let groups = try (0 ..< expertCount).shuffled(using: &random).prefix(wanted).map { expert in
                let slice = ExpertSlice.random(smallest: try files.slicesMax(layer, expert), using: &random)
                let unit = ExpertUnit(layer: layer, expert: expert, slice: slice)
                let part = try #require(Expert(files, layer: layer, expert: expert).slice(slice))
                let rows = (0 ..< Int.random(in: 1 ... rows, using: &random)).map { _ in
                    UInt32.random(in: 0 ..< UInt32(rows), using: &random)
                }
                return ExpertCall.Group(unit: unit, expert: part, rows: rows)
            }
            let hidden = Tensor(columns: columns, values: pattern(rows * columns, seed: number))
            return ExpertCall(hidden: hidden, groups: groups)
        }
    }

    @Test("give each call the bytes that it gets alone", arguments: 0 ..< 12 as Range<UInt64>)
    func merged(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for name in ["mixed-original", "shared-expert", "shared-expert-list", "odd-sizes", "intermediate-20"] {
            let files = try Fixture.files(name), calls = try calls(files, layer: 0, &random)
            let alone = calls.map { bits(ExpertRound([$0]).outputs(Compute(threads: 1))[0]) }
            for threads in 1 ... 2 {
                let together = ExpertRound(calls).outputs(Compute(threads: threads)).map(bits)
                #expect(together == alone, "\(name), \(threads) threads")
            }
            #expect(zip(alone, calls).allSatisfy { $0.count == $1.rowCount * files.config.hiddenSize })
        }
    }

    private func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }
}

@Suite("One expert") struct ExpertTests {
    /// By the formula w2(silu(w1 x) * (w3 x)), in Double, over some of the intermediate components.
    private func formula(_ weights: ExpertWeights, _ input: [Float], components: Range<Int>) -> [Double] {
        let (w1, w3, w2) = (weights.w1.floats(), weights.w3.floats(), weights.w2.floats())
        let columns = input.count, size = weights.w1.rows
        let gated = components.map { component in
            let (gate, up) = (0 ..< columns).reduce(into: (0.0, 0.0)) { sums, column in
                sums.0 += Double(w1[component * columns + column]) * Double(input[column])
                sums.1 += Double(w3[component * columns + column]) * Double(input[column])
            }
            return gate / (1 + exp(-gate)) * up
        }
        return (0 ..< columns).map { row in
            zip(components, gated).reduce(0) { $0 + Double(w2[row * size + $1.0]) * $1.1 }
        }
    }

    /// An expert is cut at most into 8, and only where the intermediate size allows.
    private static let cuts = [
        ("mixed-original", 8), ("shared-expert", 4), ("shared-expert-list", 4), ("odd-sizes", 1),
        ("intermediate-20", 4),
    ]

    @Test("gives for each slice its components' share of the formula", arguments: cuts)
    func slices(name: String, slicesMax: Int) throws {
        let files = try Fixture.files(name), columns = files.config.hiddenSize
        let input = pattern(columns, seed: 3)
        for number in 0 ..< files.expertCounts[0] {
            let whole = try Expert(files, layer: 0, expert: number), weights = try files.anyExpert(0, number)
            for count in [1, 2, 4, 8] where count <= slicesMax {
                for index in 0 ..< count {
                    let part = try #require(whole.slice(ExpertSlice(index: index, of: count)))
                    var output = [Float](repeating: .nan, count: columns)
                    output.withUnsafeMutableBufferPointer { output in
                        Expert.run(
                            Tensor(columns: columns, values: input), [(part, 0 ..< 1)], into: output.baseAddress!,
                            Compute(threads: 1))
                    }
                    let width = weights.w1.rows / count
                    let expected = formula(weights, input, components: index * width ..< (index + 1) * width)
                    for (found, expected) in zip(output, expected) {
                        #expect(abs(Double(found) - expected) < 1e-5 * max(1, abs(expected)), "\(index) of \(count)")
                    }
                    #expect(part.weightCount * count == whole.weightCount)
                    #expect(part.byteCount * count == whole.byteCount)
                }
            }
        }
    }

    @Test("is not cut more finely than its sum is, and a whole one is itself", arguments: cuts)
    func tooFine(name: String, slicesMax: Int) throws {
        let expert = try Expert(Fixture.files(name), layer: 0, expert: 0)
        for count in [2, 4, 8] {
            for index in 0 ..< count {
                #expect((expert.slice(ExpertSlice(index: index, of: count)) == nil) == (count > slicesMax))
            }
        }
        #expect(expert.slice(.whole)?.form == expert.form)
    }

    @Test("shares parallel regions only with experts of its own size and cut")
    func forms() throws {
        let files = try Fixture.files("shared-expert-list")
        let routed = try (0 ..< 3).map { try Expert(files, layer: 0, expert: $0) }
        let shared = try Expert(files, layer: 0, expert: 3)
        #expect(routed[0].form == routed[1].form && routed[1].form == routed[2].form)
        #expect(routed[0].form != shared.form)
        let half = try #require(routed[0].slice(ExpertSlice(index: 0, of: 2)))
        #expect(half.form != routed[0].form)
        #expect(half.form == routed[1].slice(ExpertSlice(index: 1, of: 2))?.form)
    }
}
