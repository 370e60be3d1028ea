internal import Synchronization

/// Shows how far a load is: on a terminal one line that is redrawn, elsewhere a line now and then.
struct LoadDisplay: Sendable {
    let title: String
    /// For how long requests are sent.
    let seconds: Double
    let progress: LoadProgress
    private let status = StatusLine()

    private static let logSeconds = 10.0

    init(title: String, seconds: Double, progress: LoadProgress) {
        self.title = title
        self.seconds = seconds
        self.progress = progress
    }

    func during<R>(_ work: () async throws -> R) async rethrows -> R {
        let begin = ContinuousClock.now
        let nextLog = Mutex(0.0)
        defer { status.clear() }
        return try await status.redrawing({
            let elapsed = (ContinuousClock.now - begin) / .seconds(1)
            guard status.columns == nil else { return status.show(text(elapsed)) }
            let isDue = nextLog.withLock { next in
                guard elapsed >= next else { return false }
                next = elapsed + Self.logSeconds
                return true
            }
            if isDue { status.show(text(elapsed)) }
        }, during: work)
    }

    /// `rate 2: 34 sent, 12 running, 20 done, 2 refused, 0 failed; 17 s of 60 s`
    func text(_ elapsed: Double) -> String {
        let counts = progress.counts
        let end = counts.isSent ? ", waiting for the last" : " of \(ProgressLine.duration(seconds))"
        return "\(title): \(counts.line); \(ProgressLine.duration(elapsed))\(end)"
    }
}
