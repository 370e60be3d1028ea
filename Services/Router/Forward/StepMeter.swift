internal import Synchronization

/// Where the time of a step goes. Parts that run at the same time all count in full.
final class StepMeter: Sendable {
    enum Part: String, CaseIterable, Sendable {
        /// Waiting for the attention service: attention, embedding and head.
        case attention
        /// Norms and choice of experts.
        case gate
        /// Making the calls to expert hosts, and taking their answers apart.
        case dispatch
        /// Waiting for expert hosts.
        case experts
        /// Adding the experts' outputs up.
        case combine
        case sampling
    }

    private let times = Mutex<[Part: Duration]>([:])

    subscript(part: Part) -> Duration { times.withLock { $0[part] ?? .zero } }

    func add(_ duration: Duration, to part: Part) { times.withLock { $0[part, default: .zero] += duration } }

    func time<R>(_ part: Part, _ work: () throws -> R) rethrows -> R {
        let start = ContinuousClock.now
        defer { add(start.duration(to: .now), to: part) }
        return try work()
    }

    func time<R>(_ part: Part, _ work: () async throws -> R) async rethrows -> R {
        let start = ContinuousClock.now
        defer { add(start.duration(to: .now), to: part) }
        return try await work()
    }
}
