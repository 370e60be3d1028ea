internal import Console
internal import Logging
internal import Messages
internal import NIOCore
internal import ServiceLifecycle
internal import Transport
internal import TypedCalls

/// Announces this process to one router about once a second, so that a router which starts, or has lost it, takes it
/// in; when the process is to stop, until the router sends it nothing any more.
struct Announcer: Sendable {
    /// What the router is told at this moment.
    let announcement: @Sendable (_ isDraining: Bool) -> AnnounceRequest
    let role: MemberRole
    let router: RPCClient
    /// How long a router may take to do without this process.
    let drainTime: Duration
    let logger: Logger

    private static let timeout = TimeAmount.seconds(5)

    /// Returns when the process is to stop and this router needs it no more, or is gone.
    ///
    /// - Parameters:
    ///   - onAnswer: called with every answer.
    ///   - onRouterGone: called with the name of a run of the router which has ended, once another one answers.
    /// - Throws: `StartError` where the router refuses this process.
    func run(onAnswer: (AnnounceResponse) -> Void, onRouterGone: (String) -> Void) async throws {
        let start = ContinuousClock.now
        var state = AnnouncerState(at: .zero)
        while !Task.isShuttingDownGracefully {
            try Task.checkCancellation()
            do {
                let answer = try await router.call(.announce, announcement(false), timeout: Self.timeout)
                let now = start.duration(to: .now)
                if let earlier = state.answered(by: answer.router, planVersion: answer.planVersion, at: now) {
                    onRouterGone(earlier)
                }
                onAnswer(answer)
            } catch let error where error.code == .failedPrecondition {
                throw StartError("the router refuses this \(role.noun): \(error.message)")
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

    /// Waits until nothing is sent to this process any more. A router that does not answer is gone, and needs nobody.
    private func drain() async throws {
        let end = ContinuousClock.now + drainTime
        while ContinuousClock.now < end {
            let answer = try? await router.call(.announce, announcement(true), timeout: Self.timeout)
            guard let answer, !answer.released else { return }
            try await Task.sleep(for: AnnouncerState.shortPeriod)
        }
        logger.warning(
            "stopping although the router still needs this process",
            metadata: [
                "router": "\(router.address)", "waited": "\(drainTime)",
            ])
    }
}
