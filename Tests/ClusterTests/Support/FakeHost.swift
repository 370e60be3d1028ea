import Checkpoint
import JSON
import Logging
import Messages
import NIOCore
import NIOPosix
import Synchronization
import Tensors
import TypedCalls

@testable import Transport

/// Expert hosts of this process, beside the real ones of a cluster.
extension RESTCluster {
    private static var silent: Logger { Logger(label: "fake host") { _ in SwiftLogNoOpLogHandler() } }

    /// Of the checkpoint that the cluster serves.
    func fingerprint() throws -> String { try WeightFiles(directory: setup.model).fingerprint() }

    /// What a host of this cluster's model says of itself.
    ///
    /// - Parameter fingerprint: nil: the cluster's.
    func announcement(
        _ name: String, at address: Address, instance: String = "1", memoryBytes: Int = 1 << 30,
        readBandwidth: Int = 4096 << 20, fingerprint: String? = nil, role: String = "expert-host"
    ) throws -> AnnounceRequest {
        AnnounceRequest(
            name: name, instance: instance, address: "\(address)",
            modelFingerprint: try fingerprint ?? self.fingerprint(), kernels: "fake",
            threads: 1, draining: false, arithmetic: "exact", memoryBytes: memoryBytes, readBandwidth: readBandwidth,
            machine: "fake", role: role)
    }

    /// A way to announce hosts, for as long as `body` runs.
    func withControl<R>(_ body: (RPCClient) async throws -> R) async throws -> R {
        let client = RPCClient(
            address: controlAddress, group: MultiThreadedEventLoopGroup.singleton, logger: Self.silent)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await client.run() }
            let result = try await body(client)
            tasks.cancelAll()
            return result
        }
    }

    /// Announces a host once.
    ///
    /// - Returns: why the router does not take it; nil where it does.
    func refusal(of announcement: AnnounceRequest) async throws -> RPCError? {
        try await withControl { await $0.refusal(of: announcement) }
    }

    /// Servers on sockets of the cluster's folder; when `body` is over, their connections break.
    func withServers<R>(
        _ name: String, _ handlers: [RPCServer.Handler], _ body: ([Address]) async throws -> R
    ) async throws -> R {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            var addresses: [Address] = []
            for (index, handler) in handlers.enumerated() {
                let address = Address.unix(path: "\(folder)/\(name)-\(index).sock")
                let server = RPCServer(
                    address: address, group: MultiThreadedEventLoopGroup.singleton, logger: Self.silent,
                    handler: handler)
                tasks.addTask { try await server.run() }
                _ = try await server.boundAddress
                addresses.append(address)
            }
            let result = try await body(addresses)
            tasks.cancelAll()
            return result
        }
    }

    /// One of them.
    func withServer<R>(
        _ name: String, _ handler: @escaping RPCServer.Handler, _ body: (Address) async throws -> R
    ) async throws -> R {
        try await withServers(name, [handler]) { try await body($0[0]) }
    }
}

extension RPCClient {
    /// - Returns: why the router does not take the host; nil where it does.
    func refusal(of announcement: AnnounceRequest) async -> RPCError? {
        do throws(RPCError) {
            _ = try await call(.announce, announcement, timeout: .seconds(30), whenDisconnected: .wait)
            return nil
        } catch {
            return error
        }
    }

    /// Announces many at once.
    ///
    /// - Returns: why the router does not take some of them.
    func refusals(of announcements: [AnnounceRequest]) async -> [RPCError] {
        await withTaskGroup(of: RPCError?.self) { tasks in
            for announcement in announcements { tasks.addTask { await self.refusal(of: announcement) } }
            return await tasks.reduce(into: []) { all, refusal in
                if let refusal { all.append(refusal) }
            }
        }
    }
}

/// What a fake host does when it is called.
enum FakeHost {
    /// Takes whatever it shall hold, and computes as `run` says.
    static func handler(run: @escaping @Sendable (ExpertRequest) async throws -> ExpertResponse) -> RPCServer.Handler {
        var endpoints = EndpointHandlers(logger: Logger(label: "fake host") { _ in SwiftLogNoOpLogHandler() }) { _ in
            nil
        }
        endpoints.on(.holdExperts) { request, _ in HoldResponse(heldBytes: 0, digests: try digests(of: request.units)) }
        endpoints.on(.retainExperts) { _, _ in RetainResponse(heldBytes: 0) }
        endpoints.on(.runExperts) { request, _ in try await run(request) }
        return endpoints.answer
    }

    /// What an honest host has read of the demo model.
    static func digests(of units: [ExpertUnit]) throws -> [WeightDigest] {
        let checkpoint = try demo.get()
        return try units.flatMap { unit in
            let pieces = try checkpoint.pieces(unit.layer, unit.expert, slice: unit.slice.index, of: unit.slice.count)
            return compute.digests(of: pieces.map(\.matrix)).map(\.message)
        }
    }

    private static let demo = Result { try WeightFiles(directory: Paths.demo) }
    private static let compute = Compute(threads: 1)

    /// Refuses every call.
    static let refusing: RPCServer.Handler = { _ in throw RPCError(.failedPrecondition, "this host works for nobody") }
}

/// What a host may answer where it should compute.
enum Lie: Sendable, CustomStringConvertible {
    /// Rows are missing, or too many.
    case tooFew, tooMany
    case notNumbers
    /// One value of them all.
    case oneInfinity
    /// What is no message at all.
    case garbage
    /// Nothing, while its connection lives.
    case silence
    case error(RPCError.Code)

    static let all: [Lie] =
        [.tooFew, .tooMany, .notNumbers, .oneInfinity, .garbage, .silence]
        + RPCError.Code.allCases.map { Lie.error($0) }

    var description: String {
        switch self {
        case .tooFew: "too few rows"
        case .tooMany: "too many rows"
        case .notNumbers: "NaN"
        case .oneInfinity: "one infinity"
        case .garbage: "garbage"
        case .silence: "no answer"
        case .error(let code): "the error \(code.name)"
        }
    }

    /// What the router's log must say of it.
    var reason: String {
        switch self {
        case .tooFew, .tooMany: "values, expected"
        case .notNumbers, .oneInfinity: "not finite"
        case .garbage: "is not what it should be"
        case .silence: "does not answer"
        case .error: Self.sentence
        }
    }

    private static let sentence = "this host never computes"

    /// - Parameters:
    ///   - columns: the model's hidden size.
    ///   - calls: counts how often the host is asked.
    func handler(columns: Int, _ calls: CallCount) -> RPCServer.Handler {
        let honest = FakeHost.handler { request in
            calls.add()
            return try await answer(values: request.groups.reduce(0) { $0 + $1.rows.count } * columns, columns)
        }
        guard case .garbage = self else { return honest }
        return { request in
            guard request.path == Endpoint<ExpertRequest, ExpertResponse>.runExperts.path else {
                return try await honest(request)
            }
            calls.add()
            return ByteBuffer(bytes: (0 ..< 1000).map { UInt8(truncatingIfNeeded: 255 - $0 * 7) })
        }
    }

    /// - Parameter count: of the values that an honest host would give.
    private func answer(values count: Int, _ columns: Int) async throws -> ExpertResponse {
        var values = [Float](repeating: 1, count: count)
        switch self {
        case .tooFew: values.removeLast(columns)
        case .tooMany: values += values.prefix(columns)
        case .notNumbers: values = values.map { _ in .nan }
        case .oneInfinity: values[count / 2] = -.infinity
        case .garbage: break
        case .silence: try await Task.sleep(for: .seconds(3600))
        case .error(let code): throw RPCError(code, Self.sentence)
        }
        return ExpertResponse(outputs: values)
    }
}

/// How often something was asked for.
final class CallCount: Sendable {
    private let state = Mutex(0)
    var value: Int { state.withLock { $0 } }
    func add() { state.withLock { $0 += 1 } }
}
