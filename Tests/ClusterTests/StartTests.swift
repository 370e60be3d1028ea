import Foundation
import JSON
import NIOCore
import NIOPosix
import Testing

@testable import Transport

/// What keeps a process from starting: it says so in one line and ends with status 1.
@Suite("Starts that fail", .serialized, .inTurn) struct StartTests {
    enum Program: String, CaseIterable, Sendable {
        case attention, expertHost = "expert-host", router, minimax

        /// Flags of a start that would succeed but for `changes`.
        func arguments(model: String, folder: String, _ changes: [String: String] = [:]) -> [String] {
            var flags =
                switch self {
                case .attention, .expertHost:
                    [
                        "--model": model, "--listen": "unix:\(folder)/p.sock", "--router": "unix:\(folder)/c.sock",
                        "--name": "p", "--threads": "1",
                    ]
                case .router: ["--model": model, "--control": "unix:\(folder)/c.sock", "--port": "0"]
                case .minimax: ["--model": model, "--port": "0", "--threads": "1"]
                }
            flags.merge(changes) { $1 }
            return (self == .minimax ? ["up"] : []) + flags.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
        }
    }

    /// Starts a program that must fail; returns the one line in which it says why.
    private func complaint(_ program: Program, _ arguments: [String], folder: String) async throws -> String {
        let process = try ServiceProcess(
            program.rawValue, arguments, folder: folder, stopsWithInput: program != .minimax,
            environment: ["XDG_RUNTIME_DIR": folder])
        do {
            try await eventually("\(program.rawValue) gives up") { !process.isRunning }
        } catch {
            await process.stop()
            throw SupportError("\(error)\n\(process.log)")
        }
        #expect(process.exitStatus == 1, "\(process.log)")
        #expect(!process.log.contains("Fatal error"), "\(process.log)")
        let lines = process.log.split(separator: "\n").filter { $0.hasPrefix("\(program.rawValue): ") }
        #expect(lines.count == 1, "\(process.log)")
        return lines.first.map(String.init) ?? ""
    }

    @Test(
        "a spoilt checkpoint is refused by every program, naming file and tensor", arguments: Program.allCases,
        BrokenCheckpoint.allCases)
    func checkpoint(program: Program, broken: BrokenCheckpoint) async throws {
        try await Paths.withFolder { folder in
            let line = try await complaint(
                program, program.arguments(model: try broken.make(in: folder), folder: folder), folder: folder)
            for name in broken.names { #expect(line.contains(name)) }
        }
    }

    @Test("a model folder that is not there is named", arguments: Program.allCases)
    func noModel(program: Program) async throws {
        try await Paths.withFolder { folder in
            let line = try await complaint(
                program, program.arguments(model: "/no/such/model", folder: folder), folder: folder)
            #expect(line.contains("/no/such/model"))
        }
    }

    @Test(
        "an address that is in use is named",
        arguments: [
            (Program.attention, "--listen"), (.attention, "--admin"), (.expertHost, "--listen"),
            (.expertHost, "--admin"),
            (.router, "--port"), (.router, "--control"), (.router, "--admin"), (.minimax, "--port"),
        ])
    func addressInUse(program: Program, flag: String) async throws {
        let taken = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(
            host: "127.0.0.1", port: 0
        ).get()
        let port = try #require(taken.localAddress?.port)
        try await Paths.withFolder { folder in
            let value = flag == "--port" ? "\(port)" : "127.0.0.1:\(port)"
            let line = try await complaint(
                program, program.arguments(model: Paths.demo, folder: folder, [flag: value]), folder: folder)
            #expect(line.contains("127.0.0.1:\(port)"))
            #expect(line.contains("in use"))
        }
        try await taken.close()
    }

    @Test("records that another router uses are named, and it goes on with them")
    func recordsInUse() async throws {
        try await Paths.withFolder { folder in
            let records = folder + "/records"
            try await RESTCluster.with(.init(router: ["--records", records])) { cluster in
                let line = try await complaint(
                    .router,
                    Program.router.arguments(model: Paths.demo, folder: folder, ["--records": records]),
                    folder: folder)
                #expect(line.contains("\(records)/records.sqlite.lock") && line.contains("Another process uses them"))
                #expect(try await cluster.chat("Who are you?").status == 200)
            }
        }
    }

    @Test(
        "a Unix socket that another process serves is not taken from it",
        arguments: [(Program.attention, "--listen"), (.expertHost, "--listen"), (.router, "--control")])
    func socketInUse(program: Program, flag: String) async throws {
        try await Paths.withFolder { folder in
            let path = "\(folder)/taken.sock"
            let taken = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(
                unixDomainSocketPath: path
            ).get()
            let line = try await complaint(
                program, program.arguments(model: Paths.demo, folder: folder, [flag: "unix:\(path)"]), folder: folder)
            #expect(line.contains(path))
            #expect(line.contains("in use"))
            #expect(throws: Never.self) { _ = try RawSocket(.unix(path: path)) }
            try await taken.close()
        }
    }

    @Test(
        "an expert host and an attention service with another checkpoint are refused and say why",
        arguments: [Program.expertHost, .attention])
    func otherCheckpoint(_ program: Program) async throws {
        try await RESTCluster.with(.init(expertHosts: 1)) { cluster in
            let arguments = program.arguments(
                model: Paths.fixture("one-layer").path, folder: cluster.folder,
                ["--router": "\(cluster.controlAddress)"])
            let line = try await complaint(program, arguments, folder: cluster.folder)
            #expect(line.contains("the router refuses this"))
            #expect(line.contains("they must be the same"))
            #expect(try await cluster.chat("Who are you?").status == 200)
        }
    }
}
