internal import BLAS
internal import Tensors

/// The products with weights: each instruction set, weight type, number of rows and arithmetic.
struct ProductLanes {
    static let fewRows = [1, 8], manyRows = [512]

    let shape: KernelShape
    let ring: MemoryRing
    let threads: Int

    /// One product. Scalar code defines the results and is slow: many rows meet a sixteenth of the outputs there.
    func lane(_ compute: Compute, _ elementType: ElementType, rows: Int) -> KernelLane {
        let isMany = Self.manyRows.contains(rows)
        let outputs = isMany && compute.kernels.isScalar ? max(1, shape.outputs / 16) : shape.outputs
        let (input, ring, columns) = (Tensor.varied(rows: rows, columns: shape.columns), ring, shape.columns)
        return KernelLane(
            name: "kernels.\(elementType.shortName).rows\(rows).\(compute.kernels.name).\(compute.arithmetic)",
            yardstick: isMany ? .computing(compute.kernels.peak(elementType, compute.arithmetic)) : .reading,
            amount: isMany
                ? operations(rows, outputs)
                : Double(
                    ring.matrix(0, elementType, rows: outputs, columns: columns).byteCount)
        ) { number in
            _ = compute.linear(input, ring.matrix(number, elementType, rows: outputs, columns: columns))
        }
    }

    /// All that these instruction sets can do; those without instructions for `fast` compute as in `exact` there, and
    /// are left out.
    func all(_ sets: [Kernels]) -> [KernelLane] {
        let ways = sets.flatMap { kernels in
            Arithmetic.allCases.map { Compute(kernels: kernels, arithmetic: $0, threads: threads) }
        }
        return ElementType.allCases.flatMap { type in
            (Self.fewRows + Self.manyRows).flatMap { rows in
                ways.filter { $0.arithmetic == .exact || $0.kernels.isFast(type) }.map { lane($0, type, rows: rows) }
            }
        }
    }

    /// The same shapes by OpenBLAS, whose weights must be float32.
    func openBLAS() -> [KernelLane] {
        useBLASThreads(threads)
        return (Self.fewRows + Self.manyRows).map { rows in
            let isMany = Self.manyRows.contains(rows)
            let (input, ring, shape) = (Tensor.varied(rows: rows, columns: shape.columns), ring, shape)
            return KernelLane(
                name: "kernels.f32.rows\(rows).openblas",
                yardstick: isMany ? .computing(MachineCeilings.bestPeak(.float32)) : .reading,
                amount: isMany ? operations(rows, shape.outputs) : Double(4 * shape.outputs * shape.columns)
            ) { number in
                _ = blasLinear(input, ring.matrix(number, .float32, rows: shape.outputs, columns: shape.columns))
            }
        }
    }

    private func operations(_ rows: Int, _ outputs: Int) -> Double {
        2 * Double(rows) * Double(outputs) * Double(shape.columns)
    }
}

/// The weights' shape in the products of a benchmark.
struct KernelShape: Sendable, Equatable {
    var outputs: Int
    /// The inner dimension of the products.
    var columns: Int
}

extension Kernels {
    var isScalar: Bool { name == "scalar" }

    /// What products of this set and these weights could reach at most; nil where the machine's peak of that kind is
    /// not known.
    func peak(_ elementType: ElementType, _ arithmetic: Arithmetic) -> MachineCeilings.Peak? {
        guard arithmetic == .fast, isFast(elementType) else {
            // A set's name begins with that of the set it extends.
            return MachineCeilings.peaks.last { $0.arithmetic == .float32 && name.hasPrefix($0.instructionSet) }
        }
        return MachineCeilings.bestPeak(elementType == .bfloat16 ? .bfloat16Dot : .int8Dot)
    }
}

extension ElementType {
    var shortName: String {
        switch self {
        case .bfloat16: "bf16"
        case .float32: "f32"
        case .int8: "int8"
        case .int4: "int4"
        }
    }
}

extension Tensor {
    /// Small numbers of both signs.
    static func varied(rows: Int, columns: Int) -> Tensor {
        Tensor(columns: columns, values: (0 ..< rows * columns).map { Float($0 % 251) / 251 - 0.5 })
    }
}
