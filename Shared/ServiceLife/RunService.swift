package import Admin
internal import Console
internal import CoreMetrics
package import Flags
internal import FoundationEssentials
package import Logging
internal import NIOCore
internal import NIOPosix
internal import Probing
package import ServiceLifecycle
internal import Synchronization
internal import Telemetry
internal import UnixSignals

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// How long a service may take over being cancelled, once its time for what it has begun has passed.
package let cancelSecondsMax = 5

/// Runs a service's parts until one of them fails, or until it is told to stop: what every service does the same way.
///
/// Sets up logs and metrics, starts the admin server, then runs `services` in order. SIGTERM, SIGINT and, if asked for,
/// the end of standard input shut them down gracefully, last one first; a second signal or too long a wait cancels
/// them. A line that comes on standard input before its end cancels them at once: the parent's reason why nothing can
/// be finished, which `readiness` then has. SIGHUP does nothing: a service that was started by hand outlives its
/// terminal.
///
/// - Parameters:
///   - readiness: what `/readyz` shows; the services set it to `.ready`, a shutdown to `.draining`.
///   - admin: what the admin server answers beside.
///   - services: makes the parts, given the service's logger. Slow loading belongs into their `run()`, where `/readyz`
///     shows it.
/// - Throws: what a part threw; `runCommand` turns it into one line and exit code 1.
package func runService(
    named name: String, options: ServiceOptions, readiness: Readiness, admin: AdminRoutes = AdminRoutes(),
    services: (Logger) async throws -> [any Service]
) async throws {
    signal(SIGPIPE, SIG_IGN)        // a reader of our logs or answers that goes away is an error code, not our end
    Descriptors.raiseLimit()
    signal(SIGHUP, SIG_IGN)
    bootstrapOnce(options)
    let logger = Logger(label: name)
    if let slowness = Machine.slowness() { logger.warning("\(slowness)") }
    for unknown in KnownVariables.unknown(in: ProcessInfo.processInfo.environment) { logger.warning("\(unknown)") }
    var parts: [any Service] = []
    if let address = options.admin.address {
        parts.append(AdminServer(address: address, readiness: readiness, routes: admin))
    }
    parts += try await services(logger)

    var quiet = logger
    quiet.logLevel = .critical        // what a part throws is told once, by the command
    let group = ServiceGroup(configuration: .init(services: parts, logger: quiet))
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)

    let (events, sink) = AsyncStream<Event>.makeStream()
    let failure: (any Error)? = await withTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            do {
                try await group.run()
                sink.yield(.finished(nil))
            } catch {
                sink.yield(.finished(error))
            }
        }
        tasks.addTask { for await signal in signals { sink.yield(.stop(cause: "\(signal)")) } }
        if options.exitWithParent {
            tasks.addTask {
                await waitForEnd { sink.yield(.parentSays($0)) }
                sink.yield(.parentGone)
            }
        }

        var failure: (any Error)?
        var isStopping = false
        events: for await event in events {
            switch event {
            case .finished(let error):
                failure =
                    isStopping && error is CancellationError
                    ? StartError("stopped before it had finished its work") : error
                break events
            case .parentGone where isStopping: continue
            case .stop(let cause) where isStopping:
                logger.warning("stopping at once", metadata: ["cause": "\(cause)"])
                exitUnlessStopped(logger)
                tasks.cancelAll()
            case .parentSays(let reason):
                isStopping = true
                logger.warning("stopping at once", metadata: ["cause": "\(reason)"])
                readiness.set(.ending(reason))
                exitUnlessStopped(logger)
                tasks.cancelAll()
            case .stop, .parentGone:
                isStopping = true
                logger.info("stopping", metadata: ["cause": "\(event.cause)"])
                readiness.set(.draining)
                await group.triggerGracefulShutdown()
                tasks.addTask {
                    guard (try? await Task.sleep(for: .seconds(options.drainSeconds))) != nil else { return }
                    sink.yield(.stop(cause: "time limit"))
                }
            }
        }
        tasks.cancelAll()
        return failure
    }
    if let failure { throw failure }
    logger.info("stopped")
}

private enum Event {
    case finished((any Error)?), stop(cause: String), parentGone, parentSays(String)

    var cause: String {
        switch self {
        case .finished: "none"
        case .stop(let cause), .parentSays(let cause): cause
        case .parentGone: "standard input ended"
        }
    }
}

/// The last resort against a part that does not stop when cancelled; on an event loop, since the tasks may all be
/// stuck.
private func exitUnlessStopped(_ logger: Logger) {
    _ = MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: .seconds(Int64(cancelSecondsMax))) {
        logger.error("a part of the service does not stop; ending the process")
        exit(1)
    }
}

/// Logs and metrics can be set up once per process; a test that runs several services in one keeps the first one's
/// options.
private let isBootstrapped = Mutex(false)

private func bootstrapOnce(_ options: ServiceOptions) {
    isBootstrapped.withLock { done in
        guard !done else { return }
        done = true
        let (format, level) = (options.logFormat, options.logLevel)
        LoggingSystem.bootstrap { StandardErrorLogHandler(label: $0, format: format, level: level) }
        MetricsSystem.bootstrap(PrometheusRegistry.shared)
    }
}
