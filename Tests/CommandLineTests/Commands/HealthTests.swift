import Admin
import ArgumentParser
import Flags
import Foundation
import Testing
import Transport

@testable import CommandLineTool

@Suite("Health") struct HealthTests {
    /// Runs a service's own admin server for the length of `body`.
    private func withService(_ state: Readiness.State, _ body: (Address) async throws -> Void) async throws {
        let (ports, sink) = AsyncStream<Int?>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            let server = AdminServer(
                address: .tcp(host: "127.0.0.1", port: 0), readiness: Readiness(state), onListening: { sink.yield($0) })
            tasks.addTask { try await server.run() }
            for await port in ports {
                try await body(.tcp(host: "127.0.0.1", port: try #require(port)))
                break
            }
            tasks.cancelAll()
        }
    }

    /// Why the check fails; nil when it does not.
    private func trouble(
        _ address: Address, _ path: String = "/readyz", timeout: Duration = .seconds(60)
    ) async -> String? {
        do { try await HealthCommand.check(address, path, timeout: timeout) } catch { return "\(error)" }
        return nil
    }

    @Test("a ready service is well")
    func ready() async throws {
        try await withService(.ready) { #expect(await trouble($0) == nil) }
    }

    @Test("one that loads is alive and not ready, and says what it is doing")
    func loading() async throws {
        try await withService(.loading(message: "no expert host is connected", fraction: 0.5)) { address in
            #expect(await trouble(address) == "the service at \(address) is loading: no expert host is connected")
            #expect(await trouble(address, "/livez") == nil)
        }
    }

    @Test("one that drains is not ready")
    func draining() async throws {
        try await withService(.draining) { address in
            #expect(await trouble(address) == "the service at \(address) is draining")
        }
    }

    @Test("an address where nobody listens is said so")
    func nobody() async {
        #expect(await trouble(.tcp(host: "127.0.0.1", port: 1)) == "GET 127.0.0.1:1/readyz: nothing listens there")
    }

    @Test("a service that hangs is not well once the timeout is over")
    func hanging() async throws {
        let found = try await ScriptedServer.run(.init(pieces: [], closes: false)) {
            await trouble($0, timeout: .milliseconds(100))
        }
        #expect(try #require(found).hasSuffix("/readyz: no complete answer within 0.1 seconds"))
    }

    @Test(
        "an address that is no admin address is told by its answer",
        arguments: [
            ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "answered 404 without a status"),
            ("HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\n{}", "answered 503 without a status"),
            ("SSH-2.0-nonsense\r\n\r\n", "no HTTP/1.1"),
        ])
    func somebodyElse(answer: String, complaint: String) async throws {
        let found = try await ScriptedServer.run(.init(pieces: [answer])) { await trouble($0) }
        #expect(try #require(found).contains(complaint))
    }

    @Test(
        "senseless arguments are refused",
        arguments: [
            [], ["--admin", "none"], ["--admin", "9090"], ["--admin", "a:1", "--timeout-seconds", "0"],
            ["--admin", "a:1", "--timeout-seconds", "3601"],
        ])
    func arguments(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try HealthCommand.parse(arguments) }
    }

    @Test("the service's own variable says where to ask")
    func environment() throws {
        let arguments = argumentsWithEnvironment(
            for: Minimax.self, arguments: ["health"], environment: ["MINIMAX_ADMIN": "0.0.0.0:9090"])
        let command = try #require(try Minimax.parseAsRoot(arguments) as? HealthCommand)
        #expect(command.admin == .tcp(host: "0.0.0.0", port: 9090))
        #expect(!command.live)
    }
}
