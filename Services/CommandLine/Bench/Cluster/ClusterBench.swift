internal import Checkpoint
internal import LocalCluster

/// A cluster under measurement, and what is known of its model.
struct ClusterBench: Sendable {
    let timer: CompletionTimer
    let tokens: BenchTokens
    let config: ModelConfig
    let weights: ActiveWeights
    /// The cluster's processes; none where the cluster was there already.
    let processes: [ClusterHandle.Child]

    /// Starts the cluster, or takes the one at `--url`; returns what `work` finds.
    ///
    /// - Parameter routerFlags: what the work needs of a router that is started.
    /// - Throws: `StartError` when checkpoint, tokenizer or cluster cannot be used; what `work` throws.
    static func run<Result: Sendable>(
        _ target: ClusterTarget, routerFlags: [String] = [],
        work: @escaping @Sendable (ClusterBench) async throws -> Result
    ) async throws -> Result {
        let model = try BenchModel(target.model)
        if let url = target.url { return try await work(try model.served(at: url)) }
        return try await target.cluster.withTemporaryCluster(target.model, routerFlags: routerFlags) {
            try await work(try model.served(at: $0.url, by: $0.children))
        }
    }
}
