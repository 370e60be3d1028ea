import Checkpoint
import Logging
import Messages
import NIOCore
import Tensors
import Transport

@testable import Attention
@testable import TypedCalls

/// An attention service of this process, whose answers a test may change. Everything else of it is real.
struct FakeAttention: Sendable {
    let engine: AttentionEngine
    private let metrics: AttentionMetrics
    private static let silent = Logger(label: "fake attention") { _ in SwiftLogNoOpLogHandler() }

    /// - Parameter memoryBytes: that it has for states.
    init(_ model: String, memoryBytes: Int) throws {
        let checkpoint = try WeightFiles(directory: model), compute = Compute(threads: 1), diskBytes = 64 << 20
        let disk = try StateDisk(
            nil, maxBytes: diskBytes, fingerprint: try checkpoint.fingerprint(),
            arithmetic: compute.arithmetic.rawValue, logger: Self.silent)
        engine = try AttentionEngine(checkpoint, compute: compute, memoryBudgetBytes: memoryBytes, disk: disk)
        metrics = AttentionMetrics(budgetBytes: memoryBytes, diskBudgetBytes: diskBytes)
    }

    /// The real service's.
    var endpoints: EndpointHandlers { EndpointHandlers(engine, metrics, logger: Self.silent) }
}

/// What an attention service may answer that it must not answer.
struct AttentionLie: Sendable, CustomStringConvertible {
    /// When the lie is told.
    enum Moment { case joining, computing, leaving }

    let description: String
    /// What the router's log must say of it.
    let reason: String
    let moment: Moment
    /// Answers as the service does, but for the lie.
    let handler: @Sendable (FakeAttention) -> RPCServer.Handler

    /// Changes the right answers of one endpoint.
    static func changing<Request, Response>(
        _ description: String, _ endpoint: Endpoint<Request, Response>, _ reason: String,
        while moment: Moment = .computing, _ change: @escaping @Sendable (Request, Response) throws -> Response
    ) -> AttentionLie {
        AttentionLie(description: description, reason: reason, moment: moment) { service in
            let honest = service.endpoints
            return { call in
                let answer = try await honest.answer(call)
                guard call.path == endpoint.path else { return answer }
                return ByteBuffer(try change(call.body.decoded(Request.self), answer.decoded(Response.self)))
            }
        }
    }

    /// Answers all calls of one endpoint with something else.
    static func instead<Request, Response>(
        _ description: String, _ endpoint: Endpoint<Request, Response>, _ reason: String,
        while moment: Moment = .computing, _ answer: @escaping @Sendable () async throws -> ByteBuffer
    ) -> AttentionLie {
        AttentionLie(description: description, reason: reason, moment: moment) { service in
            let honest = service.endpoints
            return { call in
                guard call.path == endpoint.path else { return try await honest.answer(call) }
                return try await answer()
            }
        }
    }
}
