internal import Messages
internal import Tensors
internal import Testing

@testable import Router

/// Hidden states of a prompt, made one vector.
@Suite("Pooled rows") struct PooledRowsTests {
    private static let count = 97, columns = 5
    /// (count, columns), of very different sizes, so that another order of the sum shows.
    private static let hidden: Tensor = {
        let sizes: [Float] = [1e-4, 1, 1e4]
        var values: [Float] = []
        for index in 0 ..< count * columns {
            values.append(Float(index * 7919 % 1013 - 506) * sizes[index * 31 % 97 % 3])
        }
        return Tensor(columns: columns, values: values)
    }()

    private func pooled(_ pooling: Pooling, _ pieces: [Range<Int>]) -> PooledRows {
        var pooled = PooledRows(pooling, count: Self.count)
        for piece in pieces { pooled.add(Self.hidden.rows(piece), start: piece.lowerBound) }
        return pooled
    }

    private func normalised(_ vector: [Double]) -> [Float] {
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return vector.map { Float($0 / length) }
    }

    @Test("the mean is that of all rows, of length 1")
    func mean() {
        let sums = (0 ..< Self.columns).map { column in
            (0 ..< Self.count).reduce(0.0) { $0 + Double(Self.hidden[$1, column]) }
        }
        #expect(pooled(.mean, [0 ..< Self.count]).vector == normalised(sums))
    }

    @Test("the last row alone counts where that is asked for, also where the others are never seen")
    func last() {
        let last = normalised(Self.hidden.row(Self.count - 1).map(Double.init))
        #expect(pooled(.last, [0 ..< Self.count]).vector == last)
        #expect(pooled(.last, [64 ..< Self.count]).vector == last)
        #expect(pooled(.last, [Self.count - 1 ..< Self.count]).vector == last)
    }

    @Test("the bytes are the same in any pieces, and where rows come a second time", arguments: Pooling.allCases)
    func pieces(pooling: Pooling) {
        let whole = pooled(pooling, [0 ..< Self.count]).vector
        #expect(whole != nil)
        var random = SystemRandomNumberGenerator()
        for _ in 0 ..< 200 {
            var pieces: [Range<Int>] = [], end = 0
            while end < Self.count {
                // A failed step begins anew, here or at the first row.
                let start = [end, end, end, Int.random(in: 0 ... end, using: &random), 0].randomElement(using: &random)!
                let next = min(Self.count, start + Int.random(in: 1 ... 40, using: &random))
                pieces.append(start ..< next)
                end = max(end, next)
            }
            #expect(pooled(pooling, pieces).vector == whole, "\(pieces)")
        }
    }

    @Test("there is no vector while rows are missing", arguments: Pooling.allCases)
    func missing(pooling: Pooling) {
        #expect(pooled(pooling, []).vector == nil)
        #expect(pooled(pooling, [0 ..< Self.count - 1]).vector == nil)
        // The mean misses what lies before its first row.
        #expect((pooled(pooling, [1 ..< Self.count]).vector == nil) == (pooling == .mean))
    }

    @Test("rows of zeros give zeros, and what is no number stays none")
    func degenerate() {
        var zeros = PooledRows(.mean, count: 2), broken = zeros
        zeros.add(Tensor(columns: 2, values: [1, -1, -1, 1]), start: 0)
        broken.add(Tensor(columns: 2, values: [1, .nan, 1, 1]), start: 0)
        #expect(zeros.vector == [0, 0])
        #expect(broken.vector?.count { $0.isNaN } == 2)
    }

    @Test("a prefix is reused where the last row is asked for, since that is always computed; for the mean never")
    func reuse() {
        func reuses(_ pooling: Pooling?) -> Bool {
            var request = GenerationRequest(id: "a", prompt: [5, 6], tokensMax: 0)
            request.promptEmbedding = pooling
            let (_, continuation) = LiveSequence.Outputs.makeStream()
            return LiveSequence(1, request, suppressed: [], endTokens: [], outputs: continuation).reusesPrefix
        }
        #expect(reuses(nil) && reuses(.last) && !reuses(.mean))
    }
}
