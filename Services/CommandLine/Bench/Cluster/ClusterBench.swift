internal import ArgumentParser
internal import Checkpoint
internal import Cluster
internal import Tensors
internal import Tokenizer

/// The flags of benchmarks that go through a whole cluster, by REST.
struct ClusterBenchOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Folder of the checkpoint.", valueName: "folder"))
    var model: String

    @Option(help: "Measure the cluster that answers here, on this machine, instead of starting one; the other flags then tell how it was started.")
    var url: String?

    @Option(help: ArgumentHelp("Tokens of a prompt; several numbers, with commas, are measured in turns.", valueName: "tokens"))
    var context: TokenCounts?

    @Option(help: "Sequences at a time, each with a prompt of its own.")
    var batch = 1

    @Option(help: "Where the random prompts begin: the same seed gives the same prompts.")
    var seed: UInt64 = 1

    @OptionGroup var cluster: ClusterOptions

    /// As many sequences as a router answers at a time, unless told otherwise.
    static let batchMax = 8

    mutating func validate() throws {
        guard (1...Self.batchMax).contains(batch) else { throw ValidationError("'--batch' takes a number from 1 to \(Self.batchMax), not \(batch).") }
    }

    var threads: Int { cluster.threads ?? Machine.coreCount }
    var machine: MachineDescription { .current(threads: threads, kernels: kernels) }
    var kernels: Kernels { cluster.kernels.kernels ?? .best }
    var arithmetic: Arithmetic { cluster.kernels.arithmetic }

    /// What is measured, as `decode.bf16.exact`.
    func name(_ what: String, _ weights: ActiveWeights) -> String { "\(what).\(weights.expertType.shortName).\(arithmetic)" }
}

/// Numbers of tokens, as `2048,32768`.
struct TokenCounts: ExpressibleByArgument, Sendable, Equatable {
    let counts: [Int]

    init(_ counts: Int...) { self.counts = counts }

    init?(argument: String) {
        let counts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard counts.allSatisfy({ $0.map { (1...1 << 30).contains($0) } ?? false }) else { return nil }
        self.counts = counts.compactMap(\.self)
    }
}

/// A cluster under measurement, and what is known of its model.
struct ClusterBench: Sendable {
    let timer: CompletionTimer
    let tokens: BenchTokens
    let config: ModelConfig
    let weights: ActiveWeights

    /// Starts the cluster, or takes the one at `--url`; returns what `work` finds.
    ///
    /// - Throws: `StartError` when checkpoint, tokenizer or cluster cannot be used; what `work` throws.
    static func run<Result: Sendable>(_ options: ClusterBenchOptions, work: @escaping @Sendable (ClusterBench) async throws -> Result) async throws -> Result {
        let files = try WeightFiles(directory: options.model)
        let tokens = try BenchTokens(try BytePairTokenizer(contentsOf: options.model), vocabularySize: files.config.vocabularySize)
        let weights = try ActiveWeights(files)
        @Sendable func bench(_ url: String) throws -> ClusterBench {
            ClusterBench(timer: CompletionTimer(client: try RESTClient(url: url)), tokens: tokens, config: files.config, weights: weights)
        }
        if let url = options.url { return try await work(try bench(url)) }

        return try await options.cluster.withTemporaryCluster(options.model) { try await work(try bench($0)) }
    }
}
