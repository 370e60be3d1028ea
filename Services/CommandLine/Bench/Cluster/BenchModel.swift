internal import Checkpoint
internal import ClusterClient
internal import LocalCluster
internal import Tokenizer

/// What is known of a model before any cluster serves it.
struct BenchModel: Sendable {
    let folder: String
    let tokens: BenchTokens
    let config: ModelConfig
    let weights: ActiveWeights

    /// - Throws: an error that tells why the checkpoint or the tokenizer in `folder` cannot be used.
    init(_ folder: String) throws {
        let files = try WeightFiles(directory: folder)
        self.folder = folder
        config = files.config
        tokens = try BenchTokens(try BytePairTokenizer(contentsOf: folder), vocabularySize: files.config.vocabularySize)
        weights = try ActiveWeights(files)
    }

    /// - Parameters:
    ///   - url: of a REST front.
    ///   - processes: those behind it, where they are known.
    func served(at url: String, by processes: [ClusterHandle.Child] = []) throws -> ClusterBench {
        ClusterBench(
            timer: CompletionTimer(client: try RESTClient(url: url)), tokens: tokens, config: config, weights: weights,
            processes: processes)
    }
}
