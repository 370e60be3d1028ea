internal import Logging
package import ServiceLifecycle

/// Runs a server of NIO channels so that being cancelled stops it gracefully, with a time limit.
///
/// A Hummingbird server that is cancelled while a connection arrives ends the process (NIO traps on a writer that
/// nobody finished). Cancellation comes whenever a neighbour fails, just when one line about that failure should be
/// seen.
package struct ShieldedService: Service {
    /// What open connections get after a cancellation.
    private static let cancelTimeMax = Duration.seconds(3)

    private let service: any Service

    /// Takes the server to run, which must obey a graceful shutdown.
    package init(_ service: any Service) { self.service = service }

    /// Runs the server until it ends, is told to stop, or is cut off some seconds after a cancellation.
    ///
    /// - Throws: what the server throws, or a `ServiceGroupError` where it ends unasked.
    package func run() async throws {
        var quiet = Logger(label: "shield")
        quiet.logLevel = .critical
        let group = ServiceGroup(configuration: .init(services: [service], logger: quiet))
        // The only tasks without a parent: the first must not hear of our cancellation, the second outlives our
        // handler.
        let task = Task { try await group.run() }
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await task.value
            } onGracefulShutdown: {
                Task { await group.triggerGracefulShutdown() }
            }
        } onCancel: {
            Task {
                await group.triggerGracefulShutdown()
                try? await Task.sleep(for: Self.cancelTimeMax)
                task.cancel()
            }
        }
    }
}
