public import ArgumentParser
package import Console
public import Logging

/// The flags every service has, as an option group: `@OptionGroup var service: ServiceOptions`.
package struct ServiceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where /livez, /readyz and /metrics answer: HOST:PORT, unix:/PATH, or none.", valueName: "address"))
    package var admin = AdminAddress(nil)

    @Option(help: "The least severe messages to log.")
    package var logLevel: Logger.Level = .info

    @Option(help: "How a log line looks on standard error: for people, or one JSON object per line.")
    package var logFormat: LogFormat = .human

    @Option(
        help: "Seconds that a service which is told to stop has for what it has begun; what is left then is cut off.")
    package var drainSeconds = ServiceOptions.drainSecondsDefault

    @Flag(
        help:
            """
            Shut down gracefully when standard input ends, so that no process outlives the one that started it; a \
            line there ends it at once, and is told to clients as the reason.
            """
    )
    package var exitWithParent = false

    package init() {}

    package func validate() throws { try Self.checkDrainSeconds(drainSeconds) }

    package static let drainSecondsDefault = 20

    package static func checkDrainSeconds(_ seconds: Int) throws {
        guard (0 ... 86_400).contains(seconds) else {
            throw ValidationError("--drain-seconds is \(seconds), expected 0 to 86400")
        }
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
extension LogFormat: ExpressibleByArgument {}
