internal import Checkpoint
internal import Flags
internal import LocalCluster
internal import Probing
internal import Tensors

/// What a benchmark tells of the processes that it measures.
extension ProcessOptions {
    var threadCount: Int { threads ?? Machine.coreCount }

    var kernelsInUse: Kernels { kernels.kernels ?? .best }

    var machine: MachineDescription { .current(threads: threadCount, kernels: kernelsInUse) }

    /// What is measured, as `decode.bf16.exact`.
    func name(_ what: String, _ weights: ActiveWeights) -> String {
        "\(what).\(weights.expertType.shortName).\(keyValues.kv.attention(in: kernels.arithmetic.rawValue))"
    }
}
