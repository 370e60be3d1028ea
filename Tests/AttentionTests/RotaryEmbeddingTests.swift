@testable import Attention
import Tensors
import Testing

@Suite("Rotary embedding") struct RotaryEmbeddingTests {
    @Test("the example of the specification, section 7.3: only the first rotary dimensions rotate")
    func partialRotation() {
        let rotary = RotaryEmbedding(dimension: 4, theta: 1e7, headDimension: 8)
        var x = Tensor(columns: 8, values: (1 ... 8).map(Float.init))
        rotary.rotate(&x, rows: 0 ..< 0 + 1, start: 3, Compute(threads: 1))
        let expected: [Float] = [-1.413352520780047, 1.9962043673770753, -2.828857481741469, 4.001895566311631, 5, 6, 7, 8]
        for (found, expected) in zip(x.values, expected) { #expect(abs(found - expected) < 1e-6) }
    }

    @Test("every head of a row rotates alike, other rows stay")
    func heads() {
        let rotary = RotaryEmbedding(dimension: 2, theta: 100, headDimension: 3)
        var x = Tensor(columns: 6, values: [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3])
        rotary.rotate(&x, rows: 1 ..< 1 + 1, start: 5, Compute(threads: 1))
        #expect(Array(x.row(0)) == [1, 2, 3, 1, 2, 3])
        #expect(Array(x.row(1).prefix(3)) == Array(x.row(1).suffix(3)))
        #expect(x[1, 2] == 3 && x[1, 0] != 1)
    }

    @Test("position 0 changes nothing, and a shift of both changes no score")
    func shift() {
        let rotary = RotaryEmbedding(dimension: 8, theta: 1e4, headDimension: 8)
        func score(_ first: Int, _ second: Int) -> Float {
            var q = Tensor(columns: 8, values: [1, -2, 0.5, 3, 2, 1, -1, 0.25]), k = Tensor(columns: 8, values: [0.5, 1, 2, -1, 1, 3, 0.5, -2])
            rotary.rotate(&q, rows: 0 ..< 0 + 1, start: first, Compute(threads: 1))
            rotary.rotate(&k, rows: 0 ..< 0 + 1, start: second, Compute(threads: 1))
            return zip(q.values, k.values).reduce(0) { $0 + $1.0 * $1.1 }
        }
        #expect(abs(score(17, 4) - score(1_000_013, 1_000_000)) < 2e-5)
        #expect(abs(score(17, 4) - score(17, 5)) > 1e-2)
    }
}
