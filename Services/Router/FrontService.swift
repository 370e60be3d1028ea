internal import Admin
internal import Console
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import ServiceLife
internal import ServiceLifecycle
internal import Transport

/// The REST front as a service of the router.
struct FrontService: Service {
    let front: Front
    let logger: Logger
    /// Called when the front is told to stop: what it has begun to answer, it still answers.
    let onStopping: @Sendable () -> Void

    func run() async throws {
        let host = front.config.host, port = front.config.port
        let application = front.application(on: .hostname(host, port: port), logger: logger) { channel in
            logger.info(
                "REST API", metadata: ["address": "\(channel.localAddress.map { "\($0)" } ?? "\(host):\(port)")"])
        }
        do { try await front.resumeResponses(logger) } catch {
            throw StartError("The responses that were at work cannot be read: \(error)")
        }
        let forgetting = Task { await front.forgetOld(logger) }
        defer { forgetting.cancel() }
        do {
            try await withGracefulShutdownHandler {
                try await ShieldedService(application).run()
            } onGracefulShutdown: {
                front.background.stop()
                onStopping()
            }
        } catch let error where isAboutAddress(error) {
            throw StartError(listeningOn: .tcp(host: host, port: port), purpose: "REST address", error)
        }
    }
}
