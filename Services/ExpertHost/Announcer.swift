internal import Console
internal import Logging
internal import Messages
internal import NIOCore
internal import ServiceLifecycle
internal import Transport
internal import TypedCalls

/// Announces this host to one router about once a second, so that a router which starts, or has lost it, takes it in;
/// when the host is to stop, until the router sends it nothing any more.
struct Announcer: Sendable {
    /// What the router is told at this moment, but for `draining`.
    let announcement: @Sendable () -> AnnounceRequest
    let router: RPCClient
    let engine: ExpertEngine
    /// How long a router may take to move this host's units elsewhere.
    let drainTime: Duration
    let logger: Logger

    private static let timeout = TimeAmount.seconds(5)

    /// - Parameter onAnswer: called with every answer.
    /// - Throws: `StartError` where the router refuses this host.
    func run(onAnswer: @Sendable (AnnounceResponse) -> Void) async throws {
        let start = ContinuousClock.now
        var state = AnnouncerState(at: .zero)
        while !Task.isShuttingDownGracefully {
            try Task.checkCancellation()
            do {
                let answer = try await router.call(.announce, announcement(), timeout: Self.timeout)
                let now = start.duration(to: .now)
                if let earlier = state.answered(by: answer.router, planVersion: answer.planVersion, at: now) {
                    engine.forget(router: earlier)
                }
                onAnswer(answer)
            } catch let error where error.code == .failedPrecondition {
                throw StartError("the router refuses this host: \(error.message)")
            } catch {
                // The router may start later, or again: keep announcing, and say each trouble once.
                if state.failed(error) {
                    logger.notice(
                        "the router does not take the announcement",
                        metadata: [
                            "router": "\(router.address)", "error": "\(error)",
                        ])
                }
            }
            let pause = state.pause(at: start.duration(to: .now))
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: pause) }
        }
        try await drain()
    }

    /// Waits until nothing is sent to this host any more. A router that does not answer is gone, and needs nobody.
    private func drain() async throws {
        let end = ContinuousClock.now + drainTime
        while ContinuousClock.now < end {
            let answer = try? await router.call(.announce, announcement().draining, timeout: Self.timeout)
            guard let answer, !answer.released else { return }
            try await Task.sleep(for: AnnouncerState.shortPeriod)
        }
        logger.warning(
            "stopping although the router still needs this host",
            metadata: [
                "router": "\(router.address)", "waited": "\(drainTime)",
            ])
    }
}

extension AnnounceRequest {
    /// The same of a host that is about to stop.
    fileprivate var draining: AnnounceRequest {
        AnnounceRequest(
            name: name, instance: instance, address: address, modelFingerprint: modelFingerprint, kernels: kernels,
            threads: threads, draining: true, arithmetic: arithmetic, memoryBytes: memoryBytes,
            readBandwidth: readBandwidth, machine: machine, bandwidthMeasurements: bandwidthMeasurements,
            weightsCopy: weightsCopy)
    }
}
