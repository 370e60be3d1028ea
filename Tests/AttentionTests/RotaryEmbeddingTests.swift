@testable import Attention
import Tensors
import Testing

@Suite("Rotary embedding") struct RotaryEmbeddingTests {
    private func rotate(_ x: inout Tensor, row: Int, to position: Int, _ rotary: RotaryEmbedding) {
        let columns = x.columns
        x.values.withUnsafeMutableBufferPointer { rotary.rotation(at: position).apply(to: $0.baseAddress! + row * columns, columns: columns) }
    }

    @Test("the example of the specification, section 7.3: only the first rotary dimensions rotate")
    func partialRotation() {
        let rotary = RotaryEmbedding(dimension: 4, theta: 1e7, headDimension: 8)
        var x = Tensor(columns: 8, values: (1 ... 8).map(Float.init))
        rotate(&x, row: 0, to: 3, rotary)
        let expected: [Float] = [-1.413352520780047, 1.9962043673770753, -2.828857481741469, 4.001895566311631, 5, 6, 7, 8]
        for (found, expected) in zip(x.values, expected) { #expect(abs(found - expected) < 1e-6) }
    }

    @Test("every head of a row rotates alike, other rows stay")
    func heads() {
        let rotary = RotaryEmbedding(dimension: 2, theta: 100, headDimension: 3)
        var x = Tensor(columns: 6, values: [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3])
        rotate(&x, row: 1, to: 5, rotary)
        #expect(Array(x.row(0)) == [1, 2, 3, 1, 2, 3])
        #expect(Array(x.row(1).prefix(3)) == Array(x.row(1).suffix(3)))
        #expect(x[1, 2] == 3 && x[1, 0] != 1)
    }

    @Test("position 0 changes nothing, and a shift of both changes no score")
    func shift() {
        let rotary = RotaryEmbedding(dimension: 8, theta: 1e4, headDimension: 8)
        func score(_ first: Int, _ second: Int) -> Float {
            var q = Tensor(columns: 8, values: [1, -2, 0.5, 3, 2, 1, -1, 0.25]), k = Tensor(columns: 8, values: [0.5, 1, 2, -1, 1, 3, 0.5, -2])
            rotate(&q, row: 0, to: first, rotary)
            rotate(&k, row: 0, to: second, rotary)
            return zip(q.values, k.values).reduce(0) { $0 + $1.0 * $1.1 }
        }
        #expect(abs(score(17, 4) - score(1_000_013, 1_000_000)) < 2e-5)
        #expect(abs(score(17, 4) - score(17, 5)) > 1e-2)
    }
}
