import Testing

@testable import Tensors

@Suite("Kernels at the edges of float32 and of their shapes") struct KernelEdgeTests {
    @Test("sigmoid and silu of infinities, NaN and huge numbers are their limits", arguments: Kernels.names)
    func limits(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        let x: [Float] = [
            .infinity, .greatestFiniteMagnitude, 1e30, 104, 0, -0, -104, -1e30, -.greatestFiniteMagnitude, -.infinity,
            .nan,
        ]
        let one = Tensor(columns: x.count, values: [Float](repeating: 1, count: x.count))
        var sigmoid = Tensor(columns: x.count, values: x), silu = sigmoid
        compute.sigmoidMultiply(&sigmoid, one, weight: one.values)
        #expect(Array(sigmoid.values[..<6]) == [1, 1, 1, 1, 0.5, 0.5])
        #expect(sigmoid.values[6 ... 9].allSatisfy { $0 >= 0 && $0 <= 1e-37 } && sigmoid.values[10].isNaN)
        compute.silu(&silu)
        #expect(Array(silu.values[..<4]) == Array(x[..<4]))
        #expect(bits(Array(silu.values[4 ... 5])) == bits([0, -0]))
        #expect(silu.values[6 ... 7].allSatisfy { $0 <= 0 && $0 >= -1e-7 } && silu.values[10].isNaN)
    }

    @Test("sums that overflow become infinite, denormals survive", arguments: Kernels.names)
    func overflow(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        let huge = StoredWeights(rows: 1, columns: 20, .float32, [Float](repeating: 3e38, count: 20)).matrix
        let tiny = StoredWeights(rows: 1, columns: 20, .float32, [Float](repeating: 0x1.8p-133, count: 20)).matrix
        let x = Tensor(columns: 20, values: [Float](repeating: 2, count: 20))
        #expect(compute.linear(x, huge).values == [.infinity])
        #expect(compute.linear(x, tiny).values == [40 * 0x1.8p-133])
        let least = Tensor(columns: 3, values: [.leastNonzeroMagnitude, -0x1.8p-133, 0x1.ap-130])
        #expect(bits(compute.addScaled(1, least, 1, Tensor(rows: 1, columns: 3))) == bits(least))
        #expect(
            compute.rmsNorm(Tensor(columns: 2, values: [1e30, -1e30]), weight: [1, 1], epsilon: 1e-5).values.allSatisfy
            { $0.isFinite })
    }

    @Test("far keys do not disturb a row: a maximum that jumps by thousands", arguments: Kernels.names)
    func jumps(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        var row = RunningSoftmax(d: 2)
        row.add(compute, query: [1, 0], keys: [-5000, 0], values: [9, 9], scale: 1, count: 1)
        #expect(row.maximum == -5000 && row.sum == 1 && row.output == [9, 9])
        row.add(compute, query: [1, 0], keys: [5000, 0, 4000, 0], values: [1, 2, 9, 9], scale: 1, count: 2)
        row.add(compute, query: [1, 0], keys: [-1e30, 0], values: [9, 9], scale: 1, count: 1)
        #expect(row.maximum == 5000 && abs(row.sum - 1) <= 1e-6)
        #expect(abs(row.output[0] / row.sum - 1) <= 1e-6 && abs(row.output[1] / row.sum - 2) <= 1e-6)
    }

    @Test("no rows, no outputs, no keys: nothing happens", arguments: Kernels.names)
    func nothing(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 3)
        let weights = StoredWeights(rows: 5, columns: 4, .bfloat16, pattern(20)).matrix
        let empty = Tensor(columns: 4, values: [])
        let none = compute.linear(empty, weights, parts: 4)
        #expect(none.rows == 0 && none.columns == 5 && none.values.isEmpty)
        #expect(compute.linear(Tensor(columns: 4, values: pattern(8)), weights.rows(2 ..< 2)).values.isEmpty)
        #expect(compute.rmsNorm(empty, weight: pattern(4), epsilon: 1).rows == 0)
        #expect(compute.addScaled(1, empty, 1, empty) == empty)
        var x = empty
        compute.silu(&x)
        compute.siluMultiply(&x, empty)
        compute.sigmoidMultiply(&x, empty, weight: pattern(4))
        compute.scaleRows(&x, by: [])
        #expect(x == empty)
        #expect(Head(d: 3, block: 4).lightning(compute, 2 ..< 2).isEmpty)

        var row = RunningSoftmax(d: 3)
        row.add(compute, query: [1, 2, 3], keys: [1, 1, 1], values: [4, 5, 6], scale: 1, count: 1)
        let before = row.bitPatterns
        row.add(compute, query: [1, 2, 3], keys: [], values: [], scale: 1, count: 0)
        #expect(row.bitPatterns == before)
    }
}
