internal import Console
internal import Logging
internal import Messages
internal import NIOCore
internal import ServiceLifecycle
internal import Transport
internal import TypedCalls

/// Tells one router about once a second that this host lives; when the host is to stop, until the router sends it nothing any more.
struct Announcer: Sendable {
    /// What the router is told at this moment, but for `draining`.
    let announcement: @Sendable () -> AnnounceRequest
    let router: RPCClient
    let engine: ExpertEngine
    /// How long a router may take to move this host's units elsewhere.
    let drainTime: Duration
    let logger: Logger

    private static let period = Duration.seconds(1), shortPeriod = Duration.milliseconds(100)
    private static let timeout = TimeAmount.seconds(5)
    /// So long a host that has just come asks often whether it has all that it was told to hold.
    private static let arrivalTime = Duration.seconds(5)

    /// - Parameter onAnswer: called with every answer.
    /// - Throws: `StartError` where the router refuses this host.
    func run(onAnswer: @Sendable (AnnounceResponse) -> Void) async throws {
        var lastError: RPCError?
        var lastRouter: String?
        var arrival = ContinuousClock.now, isSettled = false
        while !Task.isShuttingDownGracefully {
            try Task.checkCancellation()
            do {
                let answer = try await router.call(.announce, announcement(), timeout: Self.timeout)
                // What an earlier run of the router wanted held is not wanted any more.
                if let lastRouter, lastRouter != answer.router { engine.forget(router: lastRouter) }
                if lastRouter != answer.router { arrival = .now }
                (lastError, lastRouter, isSettled) = (nil, answer.router, answer.planVersion > 0)
                onAnswer(answer)
            } catch let error where error.code == .failedPrecondition {
                throw StartError("the router refuses this host: \(error.message)")
            } catch {
                // The router may start later, or again: keep announcing, and say each trouble once.
                if error != lastError { logger.notice("the router does not take the announcement", metadata: ["router": "\(router.address)", "error": "\(error)"]) }
                lastError = error
            }
            let isArriving = !isSettled && arrival.duration(to: .now) < Self.arrivalTime
            let pause = lastError == nil && !isArriving ? Self.period : Self.shortPeriod
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
            try await Task.sleep(for: Self.shortPeriod)
        }
        logger.warning("stopping although the router still needs this host", metadata: ["router": "\(router.address)", "waited": "\(drainTime)"])
    }
}

extension AnnounceRequest {
    /// The same of a host that is about to stop.
    fileprivate var draining: AnnounceRequest {
        AnnounceRequest(
            name: name, instance: instance, address: address, modelFingerprint: modelFingerprint, kernels: kernels, threads: threads, draining: true,
            arithmetic: arithmetic, memoryBytes: memoryBytes, readBandwidth: readBandwidth, machine: machine,
            bandwidthMeasurements: bandwidthMeasurements, weightsCopy: weightsCopy)
    }
}
