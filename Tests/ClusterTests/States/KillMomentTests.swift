import Foundation
import TestSupport
import Testing

/// SIGKILL while states are written and evicted and records are committed.
///
/// `STATE_KILLS` in the environment says how often (10 where it says nothing), `STATE_KILL_SEED` with which seed.
@Suite("Killed at random moments", .serialized, .inTurn) struct KillMomentTests {
    private static let users = 4, memoryMiB = 12, diskMiB = 16

    @Test("every session that was answered for is there and right, half-written files go, the disk's budget holds")
    func kills() async throws {
        let variables = ProcessInfo.processInfo.environment
        let count = variables["STATE_KILLS"].flatMap(Int.init) ?? 10
        let seed = variables["STATE_KILL_SEED"].flatMap(UInt64.init) ?? .random(in: 0 ..< 1 << 40)
        try await Paths.withFolder { data in
            try await RESTCluster.with(.init(router: StoryReference.router)) { undisturbed in
                let reference = try await StoryReference(undisturbed)
                try await RESTCluster.with(setup(data)) { cluster in
                    do {
                        try await play(cluster, reference, data, count: count, seed: seed)
                    } catch { throw SupportError("STATE_KILL_SEED=\(seed): \(error)") }
                }
            }
        }
    }

    private func setup(_ data: String) -> RESTCluster.Setup {
        RESTCluster.Setup(
            router: ["--records", data + "/records", "--sequences-max", "4", "--host-silence-seconds", "2"],
            attention: [
                "--states-folder", data + "/states", "--memory-max-mib", "\(Self.memoryMiB)", "--disk-max-mib",
                "\(Self.diskMiB)",
            ])
    }

    private func play(
        _ cluster: RESTCluster, _ reference: StoryReference, _ data: String, count: Int, seed: UInt64
    ) async throws {
        let log = StoryLog(), end = Progress()
        let users = try await withThrowingTaskGroup(of: StoryUser?.self) { tasks in
            for index in 0 ..< Self.users {
                var user = StoryUser(StoryClient(cluster: cluster), reference, log, seed: seed &+ UInt64(index) << 32)
                tasks.addTask {
                    while end.tokens == 0 {
                        try await user.act()
                        log.acted()
                    }
                    return user
                }
            }
            tasks.addTask {
                defer { end.token() }
                try await kill(cluster, log, data + "/states", count: count, seed: seed)
                return nil
            }
            return try await tasks.reduce(into: [StoryUser]()) { users, user in if let user { users.append(user) } }
        }
        for user in users { try await user.lookAtAll() }
        print("killed \(count) times or more, seed \(seed): \(log.counts)")
        #expect(log.counts.answers >= count && log.counts.moved > 0, "\(log.counts)")
    }

    private func kill(
        _ cluster: RESTCluster, _ log: StoryLog, _ states: String, count: Int, seed: UInt64
    ) async throws {
        var random = SplitMix64(seed: seed &+ 99 << 32), halfWritten = 0
        let weather = StoryWeather(cluster, log, seed: 0)
        var round = 0
        // A slow machine gets a few more, until states have been written to disk at all.
        while round < count || (log.counts.moved == 0 && round < 5 * count) {
            defer { round += 1 }
            let names = [["attention"], ["router"], ["attention"], ["router", "attention"]][round % 4]
            let answers = log.counts.answers
            try await eventually("an answer since the last kill") { log.counts.answers > answers }
            await log.add(cluster)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0 ... 1500, using: &random)))
            if round.isMultiple(of: 2) { try await waitForWriting(states, atMost: .seconds(3)) }
            let before = try await weather.kill(names) { try FolderContents(states) }
            halfWritten += before.temporary.count
            let fault = try FolderContents(states).fault(after: before, bytesMax: Self.diskMiB << 20)
            guard fault == nil || names == ["router"] else { throw SupportError("kill \(round): \(fault ?? "")") }
        }
        print("\(halfWritten) half-written files were left by \(round) kills")
    }

    /// Until a file is being written: chance alone hardly ever finds such a moment.
    private func waitForWriting(_ states: String, atMost limit: Duration) async throws {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end, try FolderContents(states).temporary.isEmpty {
            try await Task.sleep(for: .microseconds(200))
        }
    }
}
