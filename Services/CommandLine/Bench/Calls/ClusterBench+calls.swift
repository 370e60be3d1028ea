extension ClusterBench {
    /// What the cluster counted while every sequence was generating; nil where its processes are not known, or there
    /// was no such time.
    ///
    /// - Throws: `StartError` when a request fails, or a process does not tell what it counted.
    func callCounters(
        _ item: BatchOptions.Case, tokens count: Int, random: inout SplitMix64
    ) async throws -> CallCounters? {
        guard !processes.isEmpty else { return nil }
        // Steps go on while the counters are read for the first time.
        let count = max(count, Self.countedMin) + Self.readingTokens
        let requests = requests(item, tokens: count, random: &random)
        let (begin, bell) = AsyncStream<Void>.makeStream()
        let (timer, processes) = (timer, processes)
        async let before: CallCounters? = {
            for await _ in begin { return try await CallCounters.now(processes) }
            return nil        // no request came that far
        }()
        do {
            defer { bell.finish() }
            _ = try await timer.run(requests, sideBySide: count) { bell.yield() }
        }
        let after = try await CallCounters.now(processes)
        guard let before = try await before else { return nil }
        try await Task.sleep(for: Self.settling)
        let counted = after - before
        return counted.steps > 0 ? counted : nil
    }

    private static let countedMin = 32
    private static let readingTokens = 16
}
