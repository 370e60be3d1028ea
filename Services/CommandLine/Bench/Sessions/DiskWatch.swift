internal import ClusterClient
internal import Console
internal import LocalCluster

/// Tells when no more states are being written: there are more than before, and for a while no further ones have come.
struct DiskWatch: Sendable {
    /// States that were on disk before.
    let before: Int
    private var last: (count: Int, since: Double)?

    /// For so long no state may have come, in seconds: each is written about a second after its answer.
    static let calm = 3.0

    init(before: Int) { self.before = before }

    /// Notes how many states are on disk. - Returns: whether no more will come.
    mutating func note(_ count: Int, at seconds: Double) -> Bool {
        if last?.count != count { last = (count, seconds) }
        return count > before && seconds - (last?.since ?? seconds) >= Self.calm
    }
}

extension ClusterHandle {
    /// How many kept states all attention services together have on disk.
    ///
    /// - Throws: `StartError` when it does not tell.
    func statesOnDisk() async throws -> Int {
        guard !attentionHosts.isEmpty else { throw StartError("the cluster has no attention service") }
        var count = 0.0
        for attention in attentionHosts {
            count += try await MetricsPage.of(attention.admin, attention.name).sum("minimax_attention_states_on_disk")
        }
        return Int(count)
    }

    /// Waits until what was kept is on disk.
    ///
    /// - Returns: false where nothing has come for `patience`.
    func waitForDisk(before: Int, patience: Duration = .seconds(60)) async throws -> Bool {
        let begin = ContinuousClock.now
        var watch = DiskWatch(before: before)
        while ContinuousClock.now - begin < patience {
            let seconds = (ContinuousClock.now - begin) / .seconds(1)
            if watch.note(try await statesOnDisk(), at: seconds) { return true }
            try await Task.sleep(for: .milliseconds(250))
        }
        return false
    }
}
