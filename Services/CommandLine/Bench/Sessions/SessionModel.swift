internal import Checkpoint
internal import Console
internal import Probing
internal import Tokenizer

/// A model whose sessions are measured, and how long they may be.
struct SessionModel: Sendable {
    let bench: BenchModel
    let words: BenchWords

    var config: ModelConfig { bench.config }

    /// - Throws: an error that tells why the checkpoint or the tokenizer in `folder` cannot be used.
    init(_ folder: String) throws {
        bench = try BenchModel(folder)
        words = try BenchWords(
            try BytePairTokenizer(contentsOf: folder), vocabularySize: bench.config.vocabularySize)
    }

    /// Tokens of a context: `asked`, or fewer where the model's positions or this machine's memory do not allow it.
    func context(_ asked: Int) -> Int {
        ContextLimit(config, memoryBytes: Machine.memoryAvailableBytes).tokens(asked)
    }
}

/// How long a context may be that is measured.
struct ContextLimit: Sendable {
    let positions: Int
    /// What a state of so many tokens takes.
    let bytes: @Sendable (Int) -> Int
    let memoryBytes: Int

    /// Beside the context there are questions, answers, and further blocks.
    static let reserve = 2048
    /// Some states of a context are in memory at the same time, beside the weights.
    private static let memoryShare = 16

    init(_ config: ModelConfig, memoryBytes: Int) {
        self.init(positions: config.maxPositions, memoryBytes: memoryBytes) { config.stateBytes(tokensMax: $0) }
    }

    init(positions: Int, memoryBytes: Int, bytes: @escaping @Sendable (Int) -> Int) {
        (self.positions, self.memoryBytes, self.bytes) = (positions, memoryBytes, bytes)
    }

    /// Halved until it fits in the memory; in whole blocks, and one at least.
    func tokens(_ asked: Int) -> Int {
        var tokens = min(asked, positions - Self.reserve)
        while tokens > block, bytes(tokens) > memoryBytes / Self.memoryShare { tokens /= 2 }
        return max(tokens / block, 1) * block
    }

    private var block: Int { ModelConfig.lightningBlockLength }
}
