public import ArgumentParser
package import Console
public import Logging

/// The flags every service has, as an option group: `@OptionGroup var service: ServiceOptions`.
package struct ServiceOptions: ParsableArguments {
    /// Where the admin server listens; by default there is none.
    @Option(
        help: ArgumentHelp(
            "Where /livez, /readyz and /metrics answer: HOST:PORT, unix:/PATH, or none.", valueName: "address"))
    package var admin = AdminAddress(nil)

    /// The least severe messages that are logged.
    @Option(help: "The least severe messages to log.")
    package var logLevel: Logger.Level = .info

    /// How a log line looks: for people, or as JSON.
    @Option(help: "How a log line looks on standard error: for people, or one JSON object per line.")
    package var logFormat: LogFormat = .human

    /// Seconds that a service which is told to stop has for what it has begun, from 0 to 86400.
    @Option(
        help: "Seconds that a service which is told to stop has for what it has begun; what is left then is cut off.")
    package var drainSeconds = ServiceOptions.drainSecondsDefault

    /// Whether the service shuts down when its standard input ends.
    @Flag(
        help:
            """
            Shut down gracefully when standard input ends, so that no process outlives the one that started it; a \
            line there ends it at once, and is told to clients as the reason.
            """
    )
    package var exitWithParent = false

    /// The parser makes it and fills it in.
    package init() {}

    /// Refuses drain seconds that are negative or more than a day.
    package func validate() throws { try Self.checkDrainSeconds(drainSeconds) }

    /// Seconds that a service has for what it has begun where no flag says otherwise.
    package static let drainSecondsDefault = 20

    /// Refuses fewer seconds than 0 and more than 86400, naming the flag.
    ///
    /// - Throws: `ValidationError`.
    package static func checkDrainSeconds(_ seconds: Int) throws {
        guard (0 ... 86_400).contains(seconds) else {
            throw ValidationError("--drain-seconds is \(seconds), expected 0 to 86400")
        }
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
extension LogFormat: ExpressibleByArgument {}
