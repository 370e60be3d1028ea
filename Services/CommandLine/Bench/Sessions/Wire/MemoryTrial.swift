internal import Checkpoint
internal import Messages
internal import TerminalOutput

/// Keeps more and more states that share nothing, and looks at what the service reports and at its process.
struct MemoryTrial: Sendable {
    let attention: AttentionProcess
    let config: ModelConfig
    let rows: SampleRows

    private static let counts = [1, 10, 100]
    /// Tokens of a state: some blocks and pages, and an open block.
    static let tokens = 16 * ModelConfig.lightningBlockLength + 32
    /// The service gives what was freed back to the system about once a second.
    private static let settling = Duration.seconds(3)

    /// As many states as fit in the service's memory, with room for those that grow.
    static func counts(stateBytes: Int, budgetBytes: Int) -> [Int] {
        counts.filter { $0 * stateBytes <= budgetBytes / 10 * 9 }
    }

    func run(_ status: ProgressDisplay) async throws -> MemoryFigures {
        status.show("memory: warming up")
        // So that what the service needs for its work, whatever it holds, is there before.
        try await attention.drop([try await kept()])
        try await Task.sleep(for: Self.settling)
        var figures = MemoryFigures(base: try await attention.reading())
        let counts = Self.counts(
            stateBytes: config.stateBytes(tokensMax: Self.tokens),
            budgetBytes: attention.description.memoryBudgetBytes)
        var states: [StateID] = []
        for count in counts {
            while states.count < count {
                states.append(try await kept())
                status.show(detail: "memory: \(states.count) of \(count) states")
            }
            try await Task.sleep(for: Self.settling)
            figures.readings.append((count, try await attention.reading()))
        }
        status.clear()
        try await attention.drop(states)
        return figures
    }

    private func kept() async throws -> StateID {
        var (sequence, _) = try await WireSequence.open(attention, config, rows, tokensMax: Self.tokens)
        try await sequence.fill(to: Self.tokens)
        return try await sequence.keep(closes: true)
    }
}
