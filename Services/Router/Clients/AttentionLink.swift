internal import Cluster
internal import Logging
internal import Messages
internal import NIOCore
internal import ServiceLifecycle
internal import Transport

/// Keeps the connection to the attention service, and makes sure that it serves the same checkpoint.
struct AttentionLink: Service {
    let attention: AttentionClient
    let fingerprint: String
    let proof: WeightProof
    let arithmetic: String
    let engine: StepEngine
    let status: ClusterStatus
    let logger: Logger

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup { tasks in
                tasks.addTask { try await attention.rpc.run() }
                tasks.addTask { try await greetWhenConnected() }
                try await tasks.next()
                tasks.cancelAll()
            }
        }
    }

    private func greetWhenConnected() async throws {
        for await state in attention.rpc.stateChanges() {
            guard state == .connected else {
                status.setAttention(missing: "the attention service is not connected")
                if case .disconnected(let reason) = state { logger.notice("attention is not connected", metadata: ["address": "\(attention.rpc.address)", "reason": "\(reason.message)"]) }
                continue
            }
            do {
                let description = try await attention.rpc.call(.describeAttention, DescribeRequest(), timeout: attention.timeout)
                guard description.modelFingerprint == fingerprint else {
                    throw StartError("the attention service has checkpoint \(description.modelFingerprint), the router \(fingerprint): they must be the same")
                }
                guard description.arithmetic == arithmetic else {
                    throw StartError("the attention service computes in \(description.arithmetic) arithmetic, the router's is \(arithmetic): they must be the same")
                }
                try await requireProof(of: description)
                // Whatever sessions it holds are those of an earlier router or of requests that failed with the connection.
                _ = try await attention.rpc.call(.closeSessions, CloseSessionsRequest(sessions: [], all: true), timeout: attention.timeout)
                engine.setMemory(bytes: description.memoryBudgetBytes)
                status.setAttention(missing: nil)
                logger.info("attention connected", metadata: ["kernels": "\(description.kernels)", "memory.budget": "\(description.memoryBudgetBytes)"])
            } catch let error as RPCError {
                logger.notice("attention does not answer", metadata: ["error": "\(error)"])
            }
        }
    }

    /// No answer of weights that are not the model's may reach a reader.
    private func requireProof(of description: AttentionDescription) async throws {
        guard proof.isNeeded(of: description.weightsCopy) else { return }
        status.setAttention(missing: "the attention service's weights are being compared with the router's")
        async let expected = proof.expectedOutsideExperts()         // read meanwhile
        let answer = try await attention.rpc.call(.digestWeights, DigestsRequest(), timeout: Self.readingTime)
        if let fault = proof.fault(answer.digests, try await expected) {
            throw StartError("the attention service holds damaged or foreign weights: \(fault)")
        }
    }

    /// A slow disk may need as long for all of attention's weights.
    private static let readingTime = TimeAmount.hours(1)
}
