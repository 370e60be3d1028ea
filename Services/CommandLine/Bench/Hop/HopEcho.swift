internal import Admin
internal import ArgumentParser
internal import Flags
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLife
internal import ServiceLifecycle
internal import Transport

/// The other process of `minimax bench hop`: answers every body with itself, through the product's transport and over a
/// raw socket.
struct HopEcho: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hop-echo", abstract: "The process that minimax bench hop starts and calls.", shouldDisplay: false)

    @Option(help: ArgumentHelp("Folder for its two sockets.", valueName: "folder"))
    var folder: String

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await runService(named: "hop-echo", options: service, readiness: Readiness()) { logger in
            [try HopEchoService(folder: folder, logger: logger)]
        }
    }
}

struct HopEchoService: Service {
    static func rpcSocket(in folder: String) -> String { "\(folder)/echo.sock" }
    static func rawSocket(in folder: String) -> String { "\(folder)/raw.sock" }

    private let server: RPCServer
    private let raw: RawEcho

    init(folder: String, logger: Logger) throws {
        raw = try RawEcho(listeningOn: Self.rawSocket(in: folder))
        // As the services of the product do it.
        server = RPCServer(
            address: .unix(path: Self.rpcSocket(in: folder)), limits: HopCaller.limits,
            group: MultiThreadedEventLoopGroup.singleton, logger: logger
        ) { $0.body }
    }

    func run() async throws {
        defer { raw.stop() }
        try await withGracefulShutdownHandler {
            try await server.run()
        } onGracefulShutdown: {
            server.stopAccepting()
        }
    }
}
