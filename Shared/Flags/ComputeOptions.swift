package import ArgumentParser
internal import Probing
package import Tensors

/// With which instructions and how exactly to compute.
package struct KernelOptions: ParsableArguments {
    /// The instruction set to compute with; nil: the best that this machine has.
    @Option(help: "Instruction set of the kernels: one of those this machine has; by default its best.")
    package var kernels: Kernels?

    /// How exactly to compute: the same bytes on every machine, or fast.
    @Option(
        help:
            """
            exact: float32 activations, the same bytes everywhere; fast: activations rounded for dot-product \
            instructions, where there are any.
            """
    )
    package var arithmetic = Arithmetic.exact

    /// The parser makes it and fills it in.
    package init() {}

    /// The flags that say the same to another process.
    package var arguments: [String] {
        (kernels.map { ["--kernels", $0.name] } ?? []) + ["--arithmetic", arithmetic.rawValue]
    }
}

/// Flags of every process that computes.
package struct ComputeOptions: ParsableArguments {
    /// How many threads compute; 0: as many as the process may use.
    @Option(help: "Compute threads; 0 takes as many as the process may use.")
    package var threads = 0

    /// With which instructions, and how exactly, the threads compute.
    @OptionGroup package var kernels: KernelOptions

    /// For how long idle threads look for the next call before they sleep.
    @OptionGroup package var spin: SpinOptions

    /// The parser makes it and fills it in.
    package init() {}

    /// Refuses a negative number of threads.
    package func validate() throws { try requireNotNegative(threads, "--threads") }

    /// Starts the threads.
    package func compute() -> Compute {
        Compute(
            kernels: kernels.kernels ?? .best, arithmetic: kernels.arithmetic,
            threads: threads > 0 ? threads : Machine.coreCount,
            spinning: spin.computeThreads)
    }
}

extension Kernels: ExpressibleByArgument {
    /// Reads the name of an instruction set; nil where this machine has no such set.
    package init?(argument: String) {
        guard let kernels = Self.named(argument) else { return nil }
        self = kernels
    }

    /// The names of the instruction sets that this machine has, the fastest last.
    package static var allValueStrings: [String] { supported.map(\.name) }
}

extension Arithmetic: ExpressibleByArgument {}
