internal import Cluster
internal import Logging
internal import Messages
internal import NIOCore
internal import ServiceLifecycle
internal import Transport

/// Tells the router about once a second that this host lives, and once that it is about to stop.
struct Announcer: Sendable {
    let config: ExpertHostConfig
    let address: Address
    let engine: ExpertEngine
    let threads: Int
    let router: RPCClient
    let logger: Logger
    /// Tells this run of the host from the next one under the same name.
    private let instance = String(UInt64.random(in: .min ... .max), radix: 16)

    init(config: ExpertHostConfig, address: Address, engine: ExpertEngine, threads: Int, router: RPCClient, logger: Logger) {
        self.config = config
        self.address = address
        self.engine = engine
        self.threads = threads
        self.router = router
        self.logger = logger
    }

    func run(_ readiness: Readiness) async throws {
        var lastError: RPCError?
        readiness.set(.loading(message: "waiting for the router to assign experts", fraction: 0.5))
        while !Task.isShuttingDownGracefully {
            try Task.checkCancellation()
            do {
                _ = try await router.call(.announce, announcement(draining: false), timeout: .seconds(5))
                lastError = nil
            } catch let error where error.code == .failedPrecondition {
                throw StartError("the router refuses this host: \(error.message)")
            } catch {
                // The router may start later, or again: keep announcing, and say each trouble once.
                if error != lastError { logger.notice("the router does not take the announcement", metadata: ["error": "\(error)"]) }
                lastError = error
            }
            let pause: Duration = lastError == nil ? .seconds(1) : .milliseconds(100)
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: pause) }
        }
        _ = try? await router.call(.announce, announcement(draining: true), timeout: .seconds(1))
        try await Task.sleep(for: .seconds(3600))       // the server ends the host when its calls are done
    }

    private func announcement(draining: Bool) -> AnnounceRequest {
        AnnounceRequest(
            name: config.name, instance: instance, address: "\(address)", modelFingerprint: engine.fingerprint,
            kernels: engine.kernels, threads: threads, draining: draining)
    }
}
