import Tensors
import Testing

@testable import Attention

@Suite("Rotary embedding") struct RotaryEmbeddingTests {
    private func rotate(_ x: inout Tensor, row: Int, to position: Int, _ rotary: RotaryEmbedding) {
        let columns = x.columns
        x.values.withUnsafeMutableBufferPointer { values in
            rotary.rotation(at: position).apply(to: values.baseAddress! + row * columns, columns: columns)
        }
    }

    @Test("the example of the specification, section 7.3: only the first rotary dimensions rotate")
    func partialRotation() {
        let rotary = RotaryEmbedding(dimension: 4, theta: 1e7, headDimension: 8)
        var x = Tensor(columns: 8, values: (1 ... 8).map(Float.init))
        rotate(&x, row: 0, to: 3, rotary)
        let expected: [Float] = [
            -1.413352520780047, 1.9962043673770753, -2.828857481741469, 4.001895566311631, 5, 6, 7, 8,
        ]
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
            var q = Tensor(columns: 8, values: [1, -2, 0.5, 3, 2, 1, -1, 0.25])
            var k = Tensor(columns: 8, values: [0.5, 1, 2, -1, 1, 3, 0.5, -2])
            rotate(&q, row: 0, to: first, rotary)
            rotate(&k, row: 0, to: second, rotary)
            return zip(q.values, k.values).reduce(0) { $0 + $1.0 * $1.1 }
        }
        #expect(abs(score(17, 4) - score(1_000_013, 1_000_000)) < 2e-5)
        #expect(abs(score(17, 4) - score(17, 5)) > 1e-2)
    }

    /// Angles computed in Float would be off by 0.03 at a million tokens, and by a whole turn further on.
    @Test(
        "every component turns as the formula in Double says, ten million tokens out too",
        arguments: [
            0, 1, 2, 63, 64, 4_096, 1_000_000, 10_239_999,
        ])
    func formula(position: Int) {
        for (dimension, theta, d) in [(64, 1e7, 128), (8, 1e7, 16), (4, 1e4, 8), (6, 1e4, 24), (2, 10, 2)] {
            let rotary = RotaryEmbedding(dimension: dimension, theta: theta, headDimension: d)
            let original = Tensor(columns: 2 * d, values: pattern(2 * d, seed: position % 97))
            var turned = original
            rotate(&turned, row: 0, to: position, rotary)
            for head in 0 ..< 2 {
                let expected = Formulas.rotated(
                    Formulas.head(head, of: original.inDouble, d)[0], position: position, dimension: dimension,
                    theta: theta)
                let found = turned.values[head * d ..< (head + 1) * d]
                #expect(relativeDifference(found, expected) < 1e-6, "dimension \(dimension) of \(d)")
                let passed = original.values[head * d + dimension ..< (head + 1) * d]
                #expect(bits(found.dropFirst(dimension)) == bits(passed))
            }
        }
    }

    @Test("a head keeps its length, wherever it turns to")
    func length() {
        let rotary = RotaryEmbedding(dimension: 8, theta: 1e4, headDimension: 8)
        func square(_ x: Tensor) -> Double { x.values.reduce(0) { $0 + Double($1) * Double($1) } }
        let original = Tensor(columns: 8, values: pattern(8, seed: 5))
        for position in stride(from: 0, to: 100_000, by: 997) {
            var turned = original
            rotate(&turned, row: 0, to: position, rotary)
            #expect(abs(square(turned) / square(original) - 1) < 1e-6)
        }
    }
}
