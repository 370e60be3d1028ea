internal import ArgumentParser
internal import Flags
internal import LocalCluster
internal import Tensors

/// The flags of benchmarks that go through a whole cluster, by REST: which cluster, which model, which prompts.
struct ClusterTarget: ParsableArguments {
    @Option(help: ArgumentHelp("Folder of the checkpoint.", valueName: "folder"))
    var model: String

    @Option(
        help: """
            Measure the cluster that answers here, on this machine, instead of starting one; the other flags then tell \
            how it was started.
            """)
    var url: String?

    @Option(help: "Seed of the random numbers: the same seed gives the same prompts.")
    var seed: UInt64 = 1

    @OptionGroup var cluster: ClusterOptions

    var threads: Int { cluster.processes.threadCount }
    var machine: MachineDescription { cluster.processes.machine }
    var kernels: Kernels { cluster.processes.kernelsInUse }
    var arithmetic: Arithmetic { cluster.processes.kernels.arithmetic }

    /// What is measured, as `decode.bf16.exact`.
    func name(_ what: String, _ weights: ActiveWeights) -> String { cluster.processes.name(what, weights) }
}
