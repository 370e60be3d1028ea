import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import Transport

@Suite("Servers and clients come and go") struct LifecycleTests {
    private func echoServer(_ address: Address) -> RPCServer {
        RPCServer(address: address, group: testGroup, logger: quiet) { $0.body }
    }

    @Test(
        "a second server on the same address is told which address is in use, and the first goes on",
        arguments: Place.allCases)
    func inUse(place: Place) async throws {
        try await withServer(place.address, handler: { $0.body }) { client, server in
            let second = echoServer(try await server.boundAddress)
            let error = await #expect(throws: ListenError.self) { try await second.run() }
            #expect(
                error?.description
                    == "cannot listen on \(try await server.boundAddress): the address is in use by another process")
            await #expect(throws: ListenError.self) { try await second.boundAddress }
            #expect(try await client.echoes(pattern(5)))
        }
    }

    @Test(
        "an address that cannot be listened on is told in plain words",
        arguments: [
            (Address.tcp(host: "192.0.2.1", port: 9), "192.0.2.1:9: the address does not belong to this machine"),
            (.unix(path: "/no/such/folder/a.sock"), "unix:/no/such/folder/a.sock: its folder does not exist"),
            (
                .tcp(host: "no-such-host.invalid", port: 9),
                "no-such-host.invalid:9: the host no-such-host.invalid is not known"
            ),
        ])
    func unusable(address: Address, complaint: String) async throws {
        let error = await #expect(throws: ListenError.self) { try await echoServer(address).run() }
        #expect(error?.description == "cannot listen on \(complaint)")
    }

    @Test("the socket file of a server that was killed is replaced; another file is not touched")
    func staleSocket() async throws {
        let address = Place.unix.address
        guard case .unix(let path) = address else { return }
        // A socket removes its file when it is closed, but not a second link to it: that is what a killed server
        // leaves.
        let old = try await ServerBootstrap(group: testGroup).bind(unixDomainSocketPath: path + ".old").get()
        try FileManager.default.linkItem(atPath: path + ".old", toPath: path)
        try await old.close()
        #expect(FileManager.default.fileExists(atPath: path))
        // A child that another test is just starting may hold the descriptor until it runs its program.
        try await eventually("nobody listens there") {
            let channel = try? await ClientBootstrap(group: testGroup).connect(unixDomainSocketPath: path).get()
            try? await channel?.close()
            return channel == nil
        }
        try await withServer(address, handler: { $0.body }) { client, _ in
            let isWhole = try await client.echoes(pattern(5))
            #expect(isWhole)
        }
        #expect(!FileManager.default.fileExists(atPath: path), "removed in the end")

        try Data("notes".utf8).write(to: URL(filePath: path))
        let error = await #expect(throws: ListenError.self) { try await echoServer(address).run() }
        #expect(error?.reason == "a file that is no socket stands there")
        #expect(try Data(contentsOf: URL(filePath: path)) == Data("notes".utf8))
        try FileManager.default.removeItem(atPath: path)
    }

    @Test(
        "a graceful stop lets calls in flight finish, refuses new ones, and then ends the server",
        arguments: Place.allCases)
    func gracefulStop(place: Place) async throws {
        let gate = Gate()
        let server = RPCServer(address: place.address, group: testGroup, logger: quiet) { request in
            await gate.pass()
            return request.body
        }
        let serving = Task { try await server.run() }
        try await withClient(of: server.boundAddress) { client in
            let body = pattern(5 << 20)
            async let first = client.call("/", body, timeout: .seconds(60))
            async let second = client.call("/", body, timeout: .seconds(60))
            try await eventually("both are in the handler") { await gate.waitingCount == 2 }
            server.stopAccepting()
            try await eventually("the client hears of it") { !client.isConnected }
            let late = await failure { try await client.call("/", ByteBuffer(), timeout: .seconds(60)) }
            #expect(late.code == .unavailable)
            await gate.open()
            let answers = try await [first, second]
            #expect(answers == [body, body])
            try await serving.value
        }
    }

    @Test("a server that stops idle ends at once, even with clients connected")
    func idleStop() async throws {
        try await withServer(handler: { $0.body }) { client, server in
            _ = try await client.call("/", ByteBuffer(), timeout: .seconds(60))
            server.stopAccepting()
            try await eventually("the client hears of it") { !client.isConnected }
        }
    }

    @Test("a server stopped before it runs returns from run")
    func stoppedEarly() async throws {
        let server = echoServer(Place.unix.address)
        server.stopAccepting()
        try await server.run()
    }

    @Test(
        """
        when the server goes down, calls in flight fail as unavailable, watchers hear of it, and the client finds the \
        next server
        """,
        arguments: Place.allCases)
    func serverLost(place: Place) async throws {
        let gate = Gate()
        let first = RPCServer(address: place.address, group: testGroup, logger: quiet) { request in
            await gate.pass()
            return request.body
        }
        let running = Task { try await first.run() }
        let address = try await first.boundAddress
        try await withClient(of: address) { client in
            var states = client.stateChanges().makeAsyncIterator()
            async let call = failure { try await client.call("/", pattern(100), timeout: .seconds(3600)) }
            try await eventually("the call is in the handler") { await gate.waitingCount == 1 }
            running.cancel()        // drops its connections without a word
            let error = await call
            #expect(error.code == .unavailable)
            var state = await states.next()
            while state == .connecting || state == .connected { state = await states.next() }
            guard case .disconnected(let reason) = state else { Issue.record("\(String(describing: state))"); return }
            #expect(reason.message.contains("\(address)"))
            await gate.open()
            try await running.value

            let second = echoServer(address)
            async let serving: Void = second.run()
            let answer = try await client.call("/", pattern(100), timeout: .seconds(60), whenDisconnected: .wait)
            #expect(answer == pattern(100))
            second.stopAccepting()
            try await serving
        }
    }

    @Test("without a server a call fails at once after the first attempt, or waits as long as it was told to")
    func noServer() async throws {
        try await withClient(of: Place.unix.address) { client in
            let error = await failure { try await client.call("/", ByteBuffer(), timeout: .seconds(3600)) }
            #expect(error.code == .unavailable)
            #expect(error.message.contains("cannot connect to unix:"))
            let waited = await failure {
                try await client.call("/", ByteBuffer(), timeout: .milliseconds(80), whenDisconnected: .wait)
            }
            #expect(waited.code == .deadlineExceeded)
        }
    }

    @Test("a waiting call is cancelled with its task")
    func waitingCancelled() async throws {
        try await withClient(of: Place.unix.address) { client in
            let call = Task {
                await failure {
                    try await client.call("/", ByteBuffer(), timeout: .seconds(3600), whenDisconnected: .wait)
                }
            }
            call.cancel()
            #expect(await call.value.code == .cancelled)
        }
    }

    @Test("a client that has stopped refuses calls and ends its watchers")
    func stoppedClient() async throws {
        try await withServer(handler: { $0.body }) { _, server in
            let client = RPCClient(address: try await server.boundAddress, group: testGroup, logger: quiet)
            let running = Task { try await client.run() }
            _ = try await client.call("/", ByteBuffer(), timeout: .seconds(60))
            running.cancel()
            try await running.value
            #expect(
                await failure { try await client.call("/", ByteBuffer(), timeout: .seconds(60)) }.code == .unavailable)
            var last: RPCClient.Connection?
            for await state in client.stateChanges() { last = state }
            #expect(last == .stopped)
        }
    }

    @Test("a connection that has made all its calls is replaced, and no call notices")
    func renewal() async throws {
        var limits = RPCLimits()
        limits.callsPerConnectionMax = 10
        try await withServer(clientLimits: limits, handler: { $0.body }) { client, server in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0 ..< 4 {
                    tasks.addTask {
                        for _ in 0 ..< 50 {
                            let isWhole = try await client.echoes(pattern(1000))
                            #expect(isWhole)
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            try await eventually("the old connections are gone") { server.connectionCount <= 1 }
        }
    }

    @Test("connections over the limit are turned away, and those that are there go on")
    func connectionLimit() async throws {
        var limits = RPCLimits()
        limits.connectionsMax = 1
        let handler: RPCServer.Handler = { request in
            if request.path == "/wait" { try await Task.sleep(for: .seconds(600)) }
            return request.body
        }
        try await withServer(limits: limits, handler: handler) { client, server in
            // A connection at work.
            let waiting = Task { try await client.call("/wait", ByteBuffer(), timeout: .seconds(600)) }
            #expect(try await client.echoes(pattern(3)))
            try await withClient(of: server.boundAddress) { second in
                let error = await failure { try await second.call("/", ByteBuffer(), timeout: .seconds(60)) }
                #expect(error.code == .unavailable)
            }
            #expect(try await client.echoes(pattern(3)))
            waiting.cancel()
        }
    }

    @Test("connections that come and go are forgotten by the server")
    func descriptors() async throws {
        let address = Place.unix.address
        try await withServer(address, handler: { $0.body }) { client, server in
            for _ in 0 ..< 20 {
                let isWhole = try await withClient(of: address) { try await $0.echoes(pattern(1000)) }
                #expect(isWhole)
            }
            let isWhole = try await client.echoes(pattern(1000))
            #expect(isWhole)
            try await eventually("one connection is left") { server.connectionCount == 1 }
        }
    }
}
