internal import Synchronization
internal import Tensors

/// What calls a process has at one moment.
package struct CallActivity: Sendable {
    /// How many there were so far.
    let count: Int
    /// Whether there is none now.
    let isIdle: Bool

    /// - Parameters:
    ///   - count: how many calls there were so far.
    ///   - isIdle: whether none waits or is computed.
    package init(count: Int, isIdle: Bool) { (self.count, self.isIdle) = (count, isIdle) }
}

/// Measures how fast this process reads from memory: at the start, and again whenever it is due and no call is there.
final class BandwidthMeter: Sendable {
    /// What routers are told: bytes a second, and of how many measurements that is the median; 0 for what the operator
    /// has set.
    struct Figure: Sendable {
        let bytesPerSecond: Int
        let measurements: Int
    }

    private let threads: Int
    private let bufferBytes: Int
    private let lane = ComputeLane(label: "bandwidth")
    /// Nil where the operator has set it.
    private let estimate: Mutex<BandwidthEstimate?>
    private let setBytesPerSecond: Int

    /// - Parameters:
    ///   - set: what the operator has set; 0: nothing.
    ///   - memoryBytes: what this process may have for weights or states; the measurement takes little of it.
    init(set: Int, threads: Int, memoryBytes: Int) async throws {
        (self.threads, setBytesPerSecond) = (threads, set)
        bufferBytes = min(Self.bufferBytesMax, max(Self.bufferBytesMin, memoryBytes / Self.memoryParts))
        estimate = Mutex(nil)
        guard set == 0 else { return }
        let first = try await measure() ?? Self.unknown
        estimate.withLock { $0 = BandwidthEstimate(first: first) }
    }

    var figure: Figure {
        estimate.withLock { estimate in
            estimate.map { Figure(bytesPerSecond: max(1, Int($0.bytesPerSecond)), measurements: $0.count) }
                ?? Figure(bytesPerSecond: setBytesPerSecond, measurements: 0)
        }
    }

    /// Measures again and again until cancelled. A measurement that a call fell into does not count.
    func run(beside activity: @Sendable () -> CallActivity) async throws {
        guard setBytesPerSecond == 0 else { return try await Task.sleep(for: .seconds(Int32.max)) }
        var random = SystemRandomNumberGenerator()
        for index in 0... {
            try await Task.sleep(for: BandwidthEstimate.pause(before: index, using: &random))
            var measured: Double?
            repeat {
                let count = try await waitUntilIdle(activity)
                let found = try await measure()
                if activity().count == count { measured = found ?? .nan }
            } while measured == nil
            estimate.withLock { [measured] in $0?.add(measured ?? .nan) }
        }
    }

    /// - Returns: how many calls there were so far.
    private func waitUntilIdle(_ activity: () -> CallActivity) async throws -> Int {
        while true {
            let before = activity().count
            try await Task.sleep(for: Self.idleTime)
            let now = activity()
            if now.count == before, now.isIdle { return before }
        }
    }

    private func measure() async throws -> Double? {
        try await lane.run { [threads, bufferBytes] in
            let measured = MachineCeilings(bufferBytes: bufferBytes)?.readBandwidth(
                threads: threads, for: Self.duration)
            return measured.flatMap { $0 >= 1 && $0.isFinite ? $0 : nil }
        }
    }

    private static let duration = Duration.milliseconds(40)
    /// So long without a call, a process counts as idle.
    private static let idleTime = Duration.seconds(2)
    /// More than the caches of most machines, but no more of a small container than a sixteenth.
    private static let bufferBytesMax = 128 << 20, bufferBytesMin = 16 << 20, memoryParts = 16
    /// Where there is no memory to measure with.
    private static let unknown = Double(1 << 30)
}
