package import ArgumentParser
internal import Probing
package import Tensors

/// With which instructions and how exactly to compute.
package struct KernelOptions: ParsableArguments {
    @Option(help: "Instruction set of the kernels: one of those this machine has; by default its best.")
    package var kernels: Kernels?

    @Option(
        help:
            """
            exact: float32 activations, the same bytes everywhere; fast: activations rounded for dot-product \
            instructions, where there are any.
            """
    )
    package var arithmetic = Arithmetic.exact

    package init() {}

    /// The flags that say the same to another process.
    package var arguments: [String] {
        (kernels.map { ["--kernels", $0.name] } ?? []) + ["--arithmetic", arithmetic.rawValue]
    }
}

/// Flags of every process that computes.
package struct ComputeOptions: ParsableArguments {
    @Option(help: "Compute threads; 0 takes as many as the process may use.")
    package var threads = 0

    @OptionGroup package var kernels: KernelOptions

    @OptionGroup package var spin: SpinOptions

    package init() {}

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
    package init?(argument: String) {
        guard let kernels = Self.named(argument) else { return nil }
        self = kernels
    }

    package static var allValueStrings: [String] { supported.map(\.name) }
}

extension Arithmetic: ExpressibleByArgument {}
