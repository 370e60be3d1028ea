import BLAS
import Tensors
import Testing

@testable import Benchmarks

@Suite("Kernel bench") struct KernelBenchTests {
    private let shape = KernelShape(outputs: 48, columns: 64)

    private func ring(_ byteCount: Int = 4 << 20) throws -> MemoryRing {
        MemoryRing(memory: try #require(MappedMemory(byteCount: byteCount)))
    }

    @Test(
        "every instruction set, weight type, number of rows and arithmetic is measured once, and OpenBLAS beside them")
    func names() throws {
        let names = KernelBench.lanes(Kernels.supported, shape, try ring(), threads: 1).map(\.name)
        #expect(Set(names).count == names.count)
        for kernels in Kernels.supported {
            for type in ElementType.allCases {
                for rows in [1, 8, 512] {
                    #expect(names.contains("kernels.\(type.shortName).rows\(rows).\(kernels.name).exact"))
                    #expect(
                        names.contains("kernels.\(type.shortName).rows\(rows).\(kernels.name).fast")
                            == kernels.isFast(type))
                }
            }
            for kernel in [
                "lightning.decode", "lightning.prefill", "attention.rows8", "attention.rows32", "rmsnorm", "silu",
            ] {
                #expect(names.contains("kernels.\(kernel).\(kernels.name)"))
            }
        }
        #expect(
            names.filter { $0.hasSuffix("openblas") }
                == ["kernels.f32.rows1.openblas", "kernels.f32.rows8.openblas", "kernels.f32.rows512.openblas"])
    }

    @Test(
        "few rows are measured by the bytes of their weights against the bandwidth, many by operations against a peak")
    func yardsticks() throws {
        let lanes = ProductLanes(shape: shape, ring: try ring(), threads: 1).all([Kernels.best])
        func found(_ name: String) throws -> KernelLane {
            try #require(lanes.first { $0.name == "kernels.\(name).\(Kernels.best.name).exact" })
        }
        #expect(try found("bf16.rows8").amount == 48 * 64 * 2)
        #expect(try found("f32.rows1").amount == 48 * 64 * 4)
        #expect(try found("int8.rows1").amount == 48 * (64 + 2))
        #expect(try found("int4.rows1").amount == 48 * (32 + 4))
        #expect(try found("bf16.rows512").amount == 2 * 512 * 48 * 64)
        #expect(try found("bf16.rows1").unit == "GB/s")
        #expect(try found("bf16.rows512").unit == "GFLOP/s")
    }

    @Test(
        """
        exact products are held against multiply-adds of their own instruction set, fast ones against the machine's \
        dot products
        """)
    func peaks() {
        for kernels in Kernels.supported {
            let exact = kernels.peak(.int8, .exact)
            #expect(exact?.arithmetic == .float32)
            #expect(exact.map { kernels.name.hasPrefix($0.instructionSet) } == true, "\(kernels.name)")
            #expect(kernels.peak(.float32, .fast)?.arithmetic == .float32)
            // It computes as in exact.
            if !kernels.isFast(.int8) { #expect(kernels.peak(.int8, .fast)?.arithmetic == .float32) }
            if kernels.isFast(.bfloat16) { #expect(kernels.peak(.bfloat16, .fast)?.arithmetic == .bfloat16Dot) }
            if kernels.isFast(.int8) { #expect(kernels.peak(.int4, .fast)?.arithmetic == .int8Dot) }
        }
    }

    @Test("every kernel runs, wherever in the memory its weights lie")
    func runs() throws {
        let lanes = KernelBench.lanes(Kernels.supported, shape, try ring(1 << 20), threads: 2)
        for lane in lanes where !lane.name.contains("scalar") {
            for number in [0, 1, 2, 1000] { lane.call(number) }
        }
    }

    @Test("a round measures the kernel and its ceiling; medians of the rounds are shown")
    func rounds() throws {
        let ceilings = try #require(MachineCeilings(bufferBytes: 2 << 20))
        let lane = KernelLane(name: "k", yardstick: .reading, amount: 3e9) { _ in }
        let round = lane.measure(from: 0, ceilings, threads: 1)
        #expect(round.calls > 0 && round.rate > 0)
        #expect(try #require(round.ceiling) > 0)
        let rounds = [(1e9, 4e9), (2e9, 5e9), (9e9, 6e9)].map { KernelLane.Round(calls: 1, rate: $0, ceiling: $1) }
        #expect(lane.measurement(rounds) == Measurement(name: "k", value: 2, unit: "GB/s", ceiling: 5))
        let passing = KernelLane(name: "p", yardstick: .passing, amount: 1) { _ in }
        #expect(passing.measure(from: 0, ceilings, threads: 1).ceiling == nil)
        #expect(
            passing.measurement([.init(calls: 1, rate: 1e9, ceiling: nil)])
                == Measurement(name: "p", value: 1, unit: "Gelements/s"))
    }

    @Test(
        "pieces of a ring follow each other, begin anew at its end and stay inside",
        arguments: [1, 64, 100, 1000, 4096])
    func ring(byteCount: Int) throws {
        let ring = try ring(4096)
        let stride = (byteCount + 63) / 64 * 64
        for number in 0 ..< 200 {
            let offset = unsafe ring.piece(number, byteCount: byteCount) - ring.memory.base
            #expect(offset == number % (4096 / stride) * stride)
            #expect(offset + byteCount <= 4096)
        }
    }

    @Test("OpenBLAS and our kernels compute the same product")
    func openBLAS() throws {
        let weights = try ring().matrix(3, .float32, rows: 48, columns: 64), input = Tensor.varied(rows: 5, columns: 64)
        useBLASThreads(2)
        let theirs = blasLinear(input, weights), ours = Compute(threads: 1).linear(input, weights)
        #expect(theirs.rows == 5 && theirs.columns == 48)
        for (a, b) in zip(theirs.values, ours.values) { #expect(abs(a - b) <= 1e-5) }
    }

    @Test("figures of the same unit come together, otherwise in order")
    func byUnit() {
        let mixed = [("a", "x"), ("b", "y"), ("c", "x")].map { Measurement(name: $0, value: 1, unit: $1) }
        #expect(KernelBench.byUnit(mixed).map(\.name) == ["a", "c", "b"])
    }
}
