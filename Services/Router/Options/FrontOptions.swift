internal import ArgumentParser
internal import Console
internal import Flags
internal import Logging
internal import NIOCore

/// The flags of the REST front. Their defaults are those of `FrontConfig`.
struct FrontOptions: ParsableArguments {
    private static let usual = FrontConfig()

    @Option(help: "Address on which the REST API listens.")
    var host = usual.host

    @Option(help: "Port of the REST API; 0 lets the system choose one.")
    var port = usual.port

    @Option(
        help: """
            Origins whose pages may call the API from a browser, separated by commas, such as http://localhost:3000; * \
            for all. None by default.
            """)
    var corsOrigins: String?

    @Option(help: "Largest body of a request, in MiB.")
    var bodyMaxMib = usual.bodyBytesMax >> 20

    @Option(
        help: """
            MiB of request bodies that may be held at one time while they are read. Each client (an API key, or an \
            address where there are no keys) may have a quarter of it.
            """)
    var bodiesMaxMib = usual.bodiesBytesMax >> 20

    @Option(
        help: """
            Most connections of clients. Beyond them, idle connections are closed, then slow ones, those of the \
            address that has most of them first; otherwise new ones wait. The limit of open files may allow fewer.
            """)
    var connectionsMax = usual.connectionsMax

    @Option(
        help: """
            Seconds that a client has to send the head of a request. A body must keep to --body-rate-min over each \
            period of this length.
            """)
    var headSeconds = usual.connection.head.wholeSeconds

    @Option(help: "The least speed of a request's body, in bytes per second.")
    var bodyRateMin = usual.connection.bodyRate

    @Option(help: "Seconds without a request after which a connection is closed.")
    var idleSeconds = usual.connection.idle.wholeSeconds

    @Option(help: "Seconds without reading its answer after which a client is disconnected.")
    var stallSeconds = usual.connection.stall.wholeSeconds

    @Option(help: "Seconds of silence in a stream after which a comment is sent, so that proxies keep the connection.")
    var keepAliveSeconds = Int(usual.keepAlive.components.seconds)

    @Option(
        help: """
            Days after which stored responses and chat completions are forgotten; 0 keeps them for ever. Conversations \
            and sessions stay until they are deleted.
            """)
    var keepStoredDays = usual.storedDays

    @Flag(
        help: """
            Let control tokens that are spelled in chat messages and tools count as such, as other servers do. \
            Otherwise they are text, and only the chat template makes control tokens.
            """)
    var trustSpecialTokens = usual.trustsSpecialTokens

    @Option(
        help: ArgumentHelp(
            """
            A chat template in Jinja, which makes the prompts of chats instead of the checkpoint's own.
            """, valueName: "file"))
    var chatTemplate: String?

    @OptionGroup var keys: APIKeyOptions

    func validate() throws {
        for (value, flag) in [
            (bodyMaxMib, "--body-max-mib"), (bodiesMaxMib, "--bodies-max-mib"), (connectionsMax, "--connections-max"),
            (headSeconds, "--head-seconds"), (bodyRateMin, "--body-rate-min"), (idleSeconds, "--idle-seconds"),
            (stallSeconds, "--stall-seconds"), (keepAliveSeconds, "--keep-alive-seconds"),
        ] { try requirePositive(value, flag) }
        guard (0 ... Self.storedDaysMax).contains(keepStoredDays) else {
            throw ValidationError("--keep-stored-days is \(keepStoredDays), expected 0 to \(Self.storedDaysMax)")
        }
        _ = try crossOrigin()
        guard (0 ... 65_535).contains(port) else { throw ValidationError("--port is \(port), expected 0 to 65535") }
    }

    private static let storedDaysMax = 36_500

    /// - Parameter keys: what `APIKeyOptions.keys` has read.
    func config(_ keys: [APIKeys.Key]) throws -> FrontConfig {
        var config = FrontConfig(
            host: host, port: port, apiKeys: keys.map(\.secret), apiKeyNames: keys.map(\.name),
            crossOrigin: try crossOrigin(), bodyBytesMax: bodyMaxMib << 20, bodiesBytesMax: bodiesMaxMib << 20)
        config.connection = ConnectionLife.Limits(
            head: .seconds(Int64(headSeconds)), bodyRate: bodyRateMin, idle: .seconds(Int64(idleSeconds)),
            stall: .seconds(Int64(stallSeconds)))
        config.connectionsMax = connectionsMax
        config.keepAlive = .seconds(keepAliveSeconds)
        config.storedDays = keepStoredDays
        config.trustsSpecialTokens = trustSpecialTokens
        return config
    }

    private func crossOrigin() throws -> CrossOrigin {
        guard let corsOrigins else { return CrossOrigin() }
        guard let origins = CrossOrigin(list: corsOrigins) else {
            throw ValidationError(
                """
                --cors-origins is '\(corsOrigins.prefix(200))', expected * or origins such as http://localhost:3000, \
                separated by commas
                """)
        }
        return origins
    }
}

extension FrontConfig {
    /// Says so where everybody who reaches the API may use it.
    func warnOfOpenFront(_ logger: Logger) {
        guard apiKeys.isEmpty, !isLoopback(host) else { return }
        logger.warning(
            "no API keys are set: whoever reaches the REST address may use it", metadata: ["address": "\(host):\(port)"]
        )
    }
}
