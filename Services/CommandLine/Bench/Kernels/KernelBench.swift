internal import ArgumentParser
internal import Console
internal import Tensors
internal import TerminalOutput

/// How fast the kernels are, each against the ceiling that limits it.
struct KernelBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels",
        abstract: """
            Measure the kernels of every instruction set, for every weight type, few and many rows, and OpenBLAS \
            beside them.
            """,
        discussion: """
            Few rows are limited by reading the weights, which come from a buffer larger than the caches: share of the \
            read bandwidth. Many rows are limited by arithmetic: share of the peak of the instruction set's \
            multiply-adds (exact) or of the machine's dot products (fast).
            """)

    @OptionGroup var options: BenchOptions
    @OptionGroup var threads: BenchThreads

    @Option(help: "Only this instruction set; by default all that this machine has.")
    var kernels: Kernels?

    @Option(help: "Rows of the weights.")
    var outputs = 2304

    @Option(help: "Columns of the weights: the inner dimension.")
    var columns = 1536

    static let sizes = 1 ... 65_536
    /// More than the caches of most machines.
    static let ringBytes = 512 << 20

    mutating func validate() throws {
        try requireRange("--outputs", outputs, Self.sizes)
        try requireRange("--columns", columns, Self.sizes)
        guard outputs * columns * 4 <= Self.ringBytes / 4 else {
            throw ValidationError(
                "'--outputs' \(outputs) times '--columns' \(columns) is too large: "
                    + "four matrices shall fit in \(Self.ringBytes >> 20) MiB.")
        }
    }

    func run() async throws {
        guard let memory = MappedMemory(byteCount: Self.ringBytes) else {
            throw StartError("no memory for \(Self.ringBytes >> 20) MiB of weights")
        }
        let lanes = Self.lanes(
            kernels.map { [$0] } ?? Kernels.supported, KernelShape(outputs: outputs, columns: columns),
            MemoryRing(memory: memory), threads: threads.count)
        let rounds = try await measure(lanes)
        let measurements = zip(lanes, rounds).map { $0.measurement($1) }
        let machine = MachineDescription.current(threads: threads.count, kernels: kernels ?? .best)
        try printToStandardOutput(BenchReport(machine, Self.byUnit(measurements)).text(json: options.json))
    }

    static func lanes(_ sets: [Kernels], _ shape: KernelShape, _ ring: MemoryRing, threads: Int) -> [KernelLane] {
        let products = ProductLanes(shape: shape, ring: ring, threads: threads)
        let others = sets.flatMap {
            AttentionLanes(compute: Compute(kernels: $0, threads: threads), ring: ring, columns: shape.columns).all
        }
        return products.all(sets) + products.openBLAS() + others
    }

    /// All rounds of each lane. A machine's speed is not the same all the time, so each lane's ceiling is measured just
    /// before it, every time.
    private func measure(_ lanes: [KernelLane]) async throws -> [[KernelLane.Round]] {
        let ceilings = try MachineCeilings.allocated()
        let thread = ComputeLane(label: "minimax.bench.kernels"), threads = threads.count
        let status = ProgressDisplay()
        var rounds = [[KernelLane.Round]](repeating: [], count: lanes.count)
        for round in 1 ... options.rounds {
            status.show("round \(round) of \(options.rounds)")
            for (index, lane) in lanes.enumerated() {
                status.show(detail: "round \(round) of \(options.rounds): \(lane.name)")
                let first = rounds[index].reduce(0) { $0 + $1.calls }
                rounds[index].append(try await thread.run { lane.measure(from: first, ceilings, threads: threads) })
            }
        }
        status.clear()
        return rounds
    }

    /// Figures of the same unit together, otherwise in order.
    static func byUnit(_ measurements: [Measurement]) -> [Measurement] {
        var units: [String] = []
        for measurement in measurements where !units.contains(measurement.unit) { units.append(measurement.unit) }
        return units.flatMap { unit in measurements.filter { $0.unit == unit } }
    }
}
