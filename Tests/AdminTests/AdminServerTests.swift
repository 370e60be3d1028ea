import Admin
import Console
import Foundation
import NIOCore
import NIOPosix
import Telemetry
import Testing
import Transport

@Suite("Admin server") struct AdminServerTests {
    private struct Answer { var status: Int, head: String, body: String }

    /// Runs a server on a free port, and on a Unix socket, for the length of `body`.
    private func withServer(
        _ readiness: Readiness, routes: AdminRoutes = AdminRoutes(), _ body: (Address) async throws -> Void
    ) async throws {
        let (ports, sink) = AsyncStream<Int?>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            let server = AdminServer(
                address: .tcp(host: "127.0.0.1", port: 0), readiness: readiness, registry: PrometheusRegistry(),
                routes: routes, onListening: { sink.yield($0) })
            tasks.addTask { try await server.run() }
            for await port in ports {
                try await body(.tcp(host: "127.0.0.1", port: try #require(port)))
                break
            }
            tasks.cancelAll()
        }
    }

    /// - Parameter fields: header fields in place of those that a program of ours sends, each with its line end.
    private func get(
        _ path: String, _ address: Address, method: String = "GET", body: String = "", fields: String? = nil
    ) async throws -> Answer {
        let fields = fields ?? "host: admin\r\n" + (method == "POST" ? "content-type: application/json\r\n" : "")
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        let setUp: @Sendable (any Channel) -> EventLoopFuture<NIOAsyncChannel<ByteBuffer, ByteBuffer>> = { channel in
            channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
        }
        let channel =
            switch address {
            case .tcp(let host, let port):
                try await bootstrap.connect(host: host, port: port, channelInitializer: setUp)
            case .unix(let path): try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: setUp)
            }
        let text = try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(
                ByteBuffer(
                    string:
                        """
                        \(method) \(path) HTTP/1.1\r\n\(fields)connection: close\r\ncontent-length: \
                        \(body.utf8.count)\r\n\r\n\(body)
                        """
                ))
            var all = ByteBuffer()
            for try await piece in inbound { all.writeImmutableBuffer(piece) }
            return String(buffer: all)
        }
        let parts = text.components(separatedBy: "\r\n\r\n")
        let status = try #require(text.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        return Answer(
            status: status, head: parts[0].lowercased(), body: parts.dropFirst().joined(separator: "\r\n\r\n"))
    }

    @Test("a service can answer more, even if it says so only later; what nobody answers is not there")
    func routes() async throws {
        let routes = AdminRoutes()
        try await withServer(Readiness(), routes: routes) { address in
            #expect(try await get("/admin/x", address).status == 404)
            routes.on("GET", "/admin/x") { _ in .init(body: "1") }
            routes.on("POST", "/admin/x") { body in .init(status: 202, body: "\(body.count)") }
            let found = try await get("/admin/x", address)
            #expect(found.status == 200 && found.body == "1" && found.head.contains("application/json"))
            let posted = try await get("/admin/x", address, method: "POST", body: "hello")
            #expect(posted.status == 202 && posted.body == "5")
            #expect(try await get("/admin/y", address).status == 404)
            #expect(try await get("/admin/y", address).body.contains("/admin/y"))
            #expect(
                try await get("/admin/x", address, method: "POST", body: String(repeating: "x", count: 2 << 20)).status
                    == 413)
        }
    }

    @Test("readyz follows the service: 503 with progress, 200, then 503 for good")
    func readyz() async throws {
        let readiness = Readiness()
        try await withServer(readiness) { address in
            readiness.set(.loading(message: "layer \"3\"", fraction: 0.4))
            let loading = try await get("/readyz", address)
            #expect(loading.status == 503)
            #expect(loading.head.contains("retry-after: 1"))
            #expect(loading.body == #"{"status":"loading","message":"layer \"3\"","progress":0.4}"#)
            readiness.set(.ready)
            let ready = try await get("/readyz", address)
            #expect(ready.status == 200)
            #expect(ready.body == #"{"status":"ready"}"#)
            readiness.set(.draining)
            readiness.set(.ready)
            let draining = try await get("/readyz", address)
            #expect(draining.status == 503)
            #expect(draining.body == #"{"status":"draining"}"#)
            readiness.set(.ending("attention is lost"))
            readiness.set(.draining)
            let ending = try await get("/readyz", address)
            #expect(ending.status == 503)
            #expect(ending.body == #"{"status":"ending","message":"attention is lost"}"#)
        }
    }

    @Test("livez and metrics answer while the service loads, anything else is not found")
    func others() async throws {
        try await withServer(Readiness()) { address in
            #expect(try await get("/livez", address).status == 200)
            let metrics = try await get("/metrics", address)
            #expect(metrics.status == 200)
            #expect(metrics.head.contains("content-type: text/plain; version=0.0.4"))
            #expect(metrics.body.contains("process_open_fds"))
            #expect(try await get("/", address).status == 404)
        }
    }

    @Test("HEAD is answered as GET is, without content", arguments: ["/livez", "/readyz", "/metrics", "/admin/x"])
    func head(path: String) async throws {
        let routes = AdminRoutes()
        routes.on("GET", "/admin/x") { _ in .init(body: "[1]") }
        try await withServer(Readiness(), routes: routes) { address in
            let (head, get) = (try await get(path, address, method: "HEAD"), try await get(path, address))
            #expect(head.status == get.status)
            #expect(head.body == "")
            let length = try #require(head.head.split(separator: "\r\n").first { $0.hasPrefix("content-length: ") })
            // Figures change from one to the next.
            if path != "/metrics" { #expect(length == "content-length: \(get.body.utf8.count)") }
        }
    }

    @Test(
        """
        a page of another origin changes nothing, under whatever name it reaches the address; programs, and reading, \
        stay free
        """
    )
    func otherOrigins() async throws {
        let routes = AdminRoutes()
        routes.on("GET", "/admin/x") { _ in .init(body: "1") }
        routes.on("POST", "/admin/x") { _ in .init(body: "changed") }
        try await withServer(Readiness(), routes: routes) { address in
            func post(_ fields: String...) async throws -> Answer {
                try await get(
                    "/admin/x", address, method: "POST", body: "{}", fields: fields.map { $0 + "\r\n" }.joined())
            }
            let json = "content-type: application/json"
            #expect(
                try await post("host: \(address)", "content-type: text/plain", "origin: http://evil.example").status
                    == 415)
            #expect(try await post("host: \(address)", "origin: http://evil.example").status == 415)
            let refused = try await post("host: \(address)", json, "origin: http://evil.example")
            #expect(refused.status == 403 && refused.body.contains("http://evil.example"))
            #expect(try await post("host: \(address)", json, "origin: null").status == 403)
            #expect(try await post("host: evil.example:9090", json, "origin: http://evil.example:9090").status == 403)
            #expect(try await post("host: evil.example", json).status == 403)
            #expect(try await post(json).status == 400)
            #expect(try await post("host: \(address)", json).body == "changed")
            #expect(try await post("host: \(address)", json, "origin: http://\(address)").body == "changed")
            #expect(
                try await post("host: router:9090", "content-type: application/json; charset=utf-8").body == "changed")

            let doubled = try await post("host: \(address)", "host: evil.example", json)
            #expect(doubled.status == 400 && doubled.body.contains("2 Host header fields"))
            #expect(try await get("/livez", address, fields: "Host: a\r\nHOST: a\r\n").status == 400)

            let read = try await get(
                "/admin/x", address, fields: "host: metrics.example\r\norigin: http://evil.example\r\n")
            #expect(read.status == 200 && !read.head.contains("access-control"))
            let asked = try await get(
                "/admin/x", address, method: "OPTIONS",
                fields: "host: a\r\norigin: http://evil.example\r\naccess-control-request-method: POST\r\n")
            #expect(asked.status >= 400 && !asked.head.contains("access-control"))
        }
    }

    @Test(
        "eighty slow connections keep nobody out",
        arguments: [
            "POST /admin/x HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
            "GET /liv", "",
        ])
    func slowConnections(beginning: String) async throws {
        let routes = AdminRoutes()
        routes.on("POST", "/admin/x") { _ in .init(body: "changed") }
        try await withServer(Readiness(), routes: routes) { address in
            guard case .tcp(let host, let port) = address else { return }
            var slow: [any Channel] = []
            for _ in 0 ..< 80 {
                let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(
                    host: host, port: port
                ).get()
                try await channel.writeAndFlush(ByteBuffer(string: beginning)).get()
                slow.append(channel)
            }
            for _ in 0 ..< 3 { #expect(try await get("/livez", address).status == 200) }
            let open = slow.count { $0.isActive }
            #expect(open <= 64, "the oldest gave way")
            for channel in slow { try? await channel.close() }
        }
    }

    @Test("a port in use is one sentence that names the address")
    func inUse() async throws {
        try await withServer(Readiness()) { address in
            let error = await #expect(throws: StartError.self) {
                try await AdminServer(address: address, readiness: Readiness()).run()
            }
            #expect(
                error?.description == "admin address \(address) is already in use; is this program running already?")
        }
    }

    @Test("a Unix socket that a dead process left is taken over, a live one and other files are not")
    func unixSockets() async throws {
        let folder = "/tmp/admin-test-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = "\(folder)/a.sock"
        // A socket file without a listener behind it, as a killed process leaves it: a second name of one that was
        // closed.
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(
            unixDomainSocketPath: path + "2"
        ).get()
        try FileManager.default.linkItem(atPath: path + "2", toPath: path)
        try await listener.close()
        #expect(FileManager.default.fileExists(atPath: path))

        let (started, sink) = AsyncStream<Int?>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try await AdminServer(
                    address: .unix(path: path), readiness: Readiness(.ready), onListening: { sink.yield($0) }
                ).run()
            }
            for await _ in started { break }
            let first = try await get("/readyz", .unix(path: path))
            #expect(first.status == 200)
            let second = await #expect(throws: StartError.self) {
                try await AdminServer(address: .unix(path: path), readiness: Readiness()).run()
            }
            #expect(second?.description == "admin address unix:\(path) is already in use")
            tasks.cancelAll()
        }
        #expect(!FileManager.default.fileExists(atPath: path))

        try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
        await #expect(throws: StartError.self) {
            try await AdminServer(address: .unix(path: path), readiness: Readiness()).run()
        }
        #expect(FileManager.default.contents(atPath: path) == Data("mine".utf8))
    }
}
