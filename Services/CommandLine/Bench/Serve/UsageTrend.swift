internal import TerminalOutput

/// Whether a cluster takes more and more while it is under the same load.
struct UsageTrend: Sendable, Equatable {
    struct Sample: Sendable {
        /// Seconds from the beginning.
        let at: Double
        let usage: ClusterUsage
    }
    /// While nothing ran yet, and when all had ended.
    let before: ClusterUsage
    let after: ClusterUsage
    /// Medians of the second tenth of the time, when all is warm, and of the last.
    let warm: ClusterUsage
    let end: ClusterUsage

    /// - Parameters:
    ///   - samples: the first from before the load, the last from after it.
    ///   - seconds: for how long requests were sent.
    /// - Returns: nil when one of the tenths has no sample.
    init?(_ samples: [Sample], seconds: Double) {
        func middle(_ part: Range<Double>) -> ClusterUsage? {
            let usages = samples.filter { part.contains($0.at / seconds) }.map(\.usage)
            guard !usages.isEmpty else { return nil }
            return ClusterUsage(
                anonymousBytes: Int(median(usages.map { Double($0.anonymousBytes) })),
                descriptors: Int(median(usages.map { Double($0.descriptors) })))
        }
        guard let warm = middle(0.1 ..< 0.2), let end = middle(0.9 ..< 1), let before = samples.first,
            let after = samples.last
        else {
            return nil
        }
        (self.before, self.warm, self.end, self.after) = (before.usage, warm, end, after.usage)
    }

    /// Watches the processes while `work` runs; the trend is nil where there are none.
    static func during<R>(
        seconds: Double, of processIDs: [Int32], begin: ContinuousClock.Instant, _ work: () async throws -> R
    ) async throws -> (R, UsageTrend?) {
        try await withThrowingTaskGroup(of: [Sample].self) { tasks in
            if !processIDs.isEmpty { tasks.addTask { await samples(of: processIDs, begin: begin, seconds: seconds) } }
            let result = try await work()
            if !processIDs.isEmpty { try await Task.sleep(for: settling) }
            tasks.cancelAll()
            return (result, UsageTrend(try await tasks.next() ?? [], seconds: seconds))
        }
    }

    /// How long it takes until what belonged to the last requests is gone.
    private static let settling = Duration.seconds(1)

    /// Some hundred in `seconds`, until the task is cancelled, and a last one then.
    private static func samples(
        of processIDs: [Int32], begin: ContinuousClock.Instant, seconds: Double
    ) async -> [Sample] {
        var samples: [Sample] = []
        while true {
            samples.append(Sample(at: (ContinuousClock.now - begin) / .seconds(1), usage: .of(processIDs)))
            if Task.isCancelled { return samples }
            try? await Task.sleep(for: .seconds(min(max(seconds / 200, 0.02), 10)))
        }
    }
}
