import Synchronization
import Testing

@testable import Tensors

/// The small operations between the products.
@Suite("Elementwise operations") struct ElementwiseTests {
    @Test("addScaled rounds each product and the sum, and nothing else", arguments: Kernels.names)
    func addScaled(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        for columns in oddSizes {
            let a = Tensor(columns: columns, values: pattern(2 * columns, seed: 1)),
                b = Tensor(columns: columns, values: pattern(2 * columns, seed: 2))
            let alpha: Float = 3.5565588, beta: Float = -0.7
            let expected = zip(a.values, b.values).map { a, b in
                let left = alpha * a, right = beta * b
                return left + right
            }
            #expect(bits(compute.addScaled(alpha, a, beta, b)) == bits(expected), "\(columns) columns")
        }
    }

    @Test("adding with factors of 1 is plain addition", arguments: Kernels.names)
    func add(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        let a = Tensor(columns: 35, values: pattern(35, seed: 1)), b = Tensor(columns: 35, values: pattern(35, seed: 2))
        #expect(bits(compute.addScaled(1, a, 1, b)) == bits(zip(a.values, b.values).map { $0 + $1 }))
    }

    @Test("scaleRows gives each row its own factor")
    func scaleRows() {
        var x = Tensor(columns: 2, values: [1, 2, 3, 4, 5, 6])
        Compute(threads: 1).scaleRows(&x, by: [10, 0, -1])
        #expect(x.values == [10, 20, 0, 0, -5, -6])
    }

    @Test("addRow touches its target row and no other", arguments: Kernels.names)
    func addRow(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        for columns in oddSizes {
            let x = Tensor(columns: columns, values: pattern(3 * columns, seed: 1))
            let before = Tensor(columns: columns, values: pattern(4 * columns, seed: 2))
            var sum = before
            compute.addRow(2, of: x, times: 0.3, toRow: 1, of: &sum)
            for row in 0 ..< 4 {
                let expected = row == 1 ? zip(before.row(1), x.row(2)).map { $0 + 0.3 * $1 } : Array(before.row(row))
                #expect(bits(Array(sum.row(row))) == bits(expected), "row \(row) of \(columns) columns")
            }
        }
    }

    @Test("sigmoidMultiply takes one weight a column, row after row", arguments: Kernels.names)
    func sigmoidMultiply(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        var gate = Tensor(columns: 3, values: [0, 0, 0, 0, 0, 0])
        compute.sigmoidMultiply(&gate, Tensor(columns: 3, values: [2, 4, 6, 8, 10, 12]), weight: [1, 10, 100])
        #expect(gate.values == [1, 20, 300, 4, 50, 600])
    }

    @Test("RMSNorm of a constant row is its weight, of zeros is zeros", arguments: Kernels.names)
    func rmsNorm(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        let y = compute.rmsNorm(
            Tensor(columns: 4, values: [3, 3, 3, 3, 0, 0, 0, 0, -2, -2, -2, -2]), weight: [1, 2, 4, 8], epsilon: 0x1p-60
        )
        #expect(Array(y.row(1)) == [0, 0, 0, 0])
        for (found, expected) in zip(y.row(0) + y.row(2), [1, 2, 4, 8, -1, -2, -4, -8] as [Float]) {
            #expect(abs(found - expected) <= expected.magnitude * 0x1p-22)
        }
    }

    @Test(
        "work is cut into parts that cover every index once and begin at multiples", arguments: [1, 2, 3, 8, 64],
        [1, 16])
    func parts(threads: Int, multiple: Int) {
        for count in [0, 1, 15, 16, 17, 100, 257] {
            let seen = Mutex([Int](repeating: 0, count: count))
            Compute(threads: threads).inParts(count, multiple: multiple) { range in
                #expect(range.lowerBound % multiple == 0)
                seen.withLock { for index in range { $0[index] += 1 } }
            }
            #expect(seen.withLock { $0 } == [Int](repeating: 1, count: count), "\(count) over \(threads) threads")
        }
    }
}

@Suite("Tensors and weights") struct TensorTests {
    @Test("rows are cut out whole")
    func rows() {
        var x = Tensor(columns: 3, values: (0 ..< 12).map(Float.init))
        #expect(x.rows == 4 && Array(x.row(2)) == [6, 7, 8] && x.rows(1 ..< 3).values == [3, 4, 5, 6, 7, 8])
        #expect(x.rows(2 ..< 2).values.isEmpty)
        x[3, 1] = -1
        #expect(x[3, 1] == -1 && x.values[10] == -1)
        #expect(Tensor(rows: 2, columns: 3).values == [0, 0, 0, 0, 0, 0])
    }

    @Test("stored weights are read as the numbers they stand for, in any alignment", arguments: [0, 1, 2, 3])
    func weights(offset: Int) {
        let wanted: [Float] = [1, -2.5, 0, -0, 1.5, .infinity]
        for type in [ElementType.bfloat16, .float32] {
            let stored = StoredWeights(rows: 3, columns: 2, type, wanted, offset: offset)
            #expect(bits(stored.matrix.floats()) == bits(wanted))
            #expect(bits(stored.matrix.rows(1 ..< 3).floats()) == bits(Array(wanted[2...])))
            #expect(
                bits(stored.matrix.floats(ofRows: [2, 0, 2] as [UInt32]))
                    == bits([1.5, .infinity, 1, -2.5, 1.5, .infinity]))
            #expect(stored.matrix.byteCount == 3 * type.rowByteCount(columns: 2))
        }
    }
}
