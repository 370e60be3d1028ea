internal import Console
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import Probing
internal import ServiceLifecycle
package import Telemetry
package import Transport

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The small HTTP/1.1 server beside every service: `/livez`, `/readyz` and `/metrics`, for orchestrators, Prometheus
/// and `minimax up`, and what the service itself adds to them.
package struct AdminServer: Service {
    /// Enough for an orchestrator's probes and a few scrapers, and a small part of the file descriptors.
    package static var connectionsMax: Int { min(64, max(4, Descriptors.limit / 16)) }
    private static let retryAfterSeconds = 1
    private static let bodyBytesMax = 1 << 20

    let address: Address
    let readiness: Readiness
    let registry: PrometheusRegistry
    let routes: AdminRoutes
    let onListening: @Sendable (Int?) -> Void

    /// - Parameter onListening: called once with the TCP port, which the system chose if the address said 0.
    package init(
        address: Address, readiness: Readiness, registry: PrometheusRegistry = .shared,
        routes: AdminRoutes = AdminRoutes(),
        onListening: @escaping @Sendable (Int?) -> Void = { _ in }
    ) {
        self.address = address
        self.readiness = readiness
        self.registry = registry
        self.routes = routes
        self.onListening = onListening
    }

    /// - Throws: `StartError` when the address cannot be listened on.
    package func run() async throws {
        if case .unix(let path) = address { try await claimUnixSocket(path: path, purpose: "admin address") }
        var quiet = Logger(label: "admin")
        quiet.logLevel = .error
        let connections = AdminConnections(max: Self.connectionsMax)
        let application = Application(
            router: endpoints(),
            server: .http1(configuration: .init(additionalChannelHandlers: [AdminConnectionSetup(connections)])),
            configuration: ApplicationConfiguration(address: bindAddress),
            onServerRunning: { channel in
                let added = channel.eventLoop.submit {
                    try channel.pipeline.syncOperations.addHandler(AdminListener(connections), position: .first)
                }
                try? await added.get()        // fails only where the socket is closed
                onListening(channel.localAddress?.port)
            },
            logger: quiet)
        defer { if case .unix(let path) = address { unsafe unlink(path) } }
        do {
            try await ShieldedService(application).run()
        } catch let error where isAboutAddress(error) {
            throw StartError(listeningOn: address, purpose: "admin address", error)
        }
    }

    private var bindAddress: BindAddress {
        switch address {
        case .tcp(let host, let port): .hostname(host, port: port)
        case .unix(let path): .unixDomainSocket(path: path)
        }
    }

    private func endpoints() -> Router<BasicRequestContext> {
        let endpoints = Router(options: .autoGenerateHeadEndpoints)
        endpoints.add(middleware: OneHost())
        let changes = AdminGuard(address: address, machine: Machine.hostName)
        endpoints.get("livez") { _, _ in answer(.ok, "{\"status\":\"alive\"}") }
        endpoints.get("readyz") { _, _ in
            let state = readiness.current
            guard state != .ready else { return answer(.ok, state.json) }
            var response = answer(.serviceUnavailable, state.json)
            response.headers[.retryAfter] = "\(Self.retryAfterSeconds)"
            return response
        }
        endpoints.get("metrics") { _, _ in
            answer(.ok, registry.text(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
        for method in [HTTPRequest.Method.get, .post] {
            endpoints.on("admin/**", method: method) { request, _ in
                let path = request.uri.path
                guard let handler = routes.handler(method.rawValue, path) else {
                    return refusal(.notFound, "nothing answers \(method.rawValue) \(path.prefix(200)) here")
                }
                if method == .post {
                    let head = request.head
                    if let found = changes.refusal(
                        host: head.authority, origin: head.headerFields[.origin],
                        contentType: head.headerFields[.contentType])
                    {
                        return refusal(.init(code: found.status), found.reason)
                    }
                }
                let body = try await request.body.collect(upTo: Self.bodyBytesMax)
                let result = await handler(Array(body.readableBytesView))
                return answer(HTTPResponse.Status(code: result.status), result.body)
            }
        }
        return endpoints
    }
}

/// A request with two `Host` fields means one thing to who checks it and another to who answers it (RFC 9112, section
/// 3.2).
private struct OneHost: RouterMiddleware {
    func handle(
        _ request: Request, context: BasicRequestContext,
        next: @concurrent (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        // The first is the authority.
        let more = request.headers.count { $0.name.canonicalName == "host" }
        guard more == 0 else {
            return refusal(.badRequest, "the request has \(more + 1) Host header fields, expected one")
        }
        return try await next(request, context)
    }
}

private func refusal(_ status: HTTPResponse.Status, _ reason: String) -> Response {
    answer(status, "{\"error\":\(jsonString(reason))}")
}

private func answer(_ status: HTTPResponse.Status, _ body: String, type: String = "application/json") -> Response {
    Response(status: status, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(string: body)))
}
