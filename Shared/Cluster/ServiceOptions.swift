public import ArgumentParser
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

    @Flag(help: "Shut down gracefully when standard input ends, so that no process outlives the one that started it.")
    package var exitWithParent = false

    package init() {}
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
extension LogFormat: ExpressibleByArgument {}
