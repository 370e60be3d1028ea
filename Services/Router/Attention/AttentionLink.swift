internal import Checkpoint
internal import Console
internal import Logging
internal import Messages
internal import NIOCore
internal import ServiceLifecycle
internal import Synchronization
internal import Transport
internal import TypedCalls

/// Keeps the connection to the attention service, and makes sure that it serves the same checkpoint.
struct AttentionLink: Service {
    let attention: AttentionClient
    let fingerprint: String
    let proof: WeightProof
    let arithmetic: String
    let engine: any AttentionUser
    let status: ClusterStatus
    let logger: Logger

    /// Whether what is connected now has proven to be the model.
    private let greeted = Flag()
    private static let period = Duration.seconds(1)
    /// The book of kept states is compared with the service's after so many periods.
    private static let refreshPeriods = 30
    private static let answerTimeout = TimeAmount.seconds(5)
    /// One call takes seconds at most; a thread that waits for something that never comes takes for ever.
    private static let stallMax = Duration.seconds(60)

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await withThrowingTaskGroup { tasks in
                    tasks.addTask { try await attention.rpc.run() }
                    tasks.addTask { try await greetWhenConnected() }
                    tasks.addTask { try await keepInTouch() }
                    try await tasks.next()
                    tasks.cancelAll()
                }
            } catch is CancellationError where Task.isCancelled {
                // The router was told to stop, and one of the two lower tasks heard of it before the first had ended.
            }
        }
    }

    private func greetWhenConnected() async throws {
        for await state in attention.rpc.stateChanges() {
            greeted.set(false)
            guard state == .connected else {
                status.setAttention(missing: "the attention service is not connected")
                if case .disconnected(let reason) = state {
                    logger.notice(
                        "attention is not connected",
                        metadata: [
                            "address": "\(attention.rpc.address)", "reason": "\(reason.message)",
                        ])
                }
                engine.signal()
                continue
            }
            do {
                let description = try await attention.describe(timeout: attention.timeout)
                try requireSameModel(description)
                try await requireProof(of: description)
                // Steps were cut off with the connection, so nobody knows how long the service's live states are.
                try await attention.closeAll()
                try await inventory.reconcile()
                engine.lostLiveStates()
                engine.setMemory(bytes: description.memoryBudgetBytes, othersBytes: description.othersBytes)
                greeted.set(true)
                status.setAttention(missing: nil)
                engine.signal()
                logger.info(
                    "attention connected",
                    metadata: [
                        "kernels": "\(description.kernels)", "memory.budget": "\(description.memoryBudgetBytes)",
                    ])
                tellWhatFits()
            } catch let error as RPCError {
                logger.notice("attention does not answer", metadata: ["error": "\(error)"])
            }
        }
    }

    private var inventory: StateInventory { StateInventory(attention: attention, engine: engine) }

    private func requireSameModel(_ description: AttentionDescription) throws {
        let (theirs, kind) = (description.modelFingerprint, description.arithmetic)
        guard theirs == fingerprint else {
            throw StartError(
                "the attention service has checkpoint \(theirs), the router \(fingerprint): they must be the same")
        }
        guard kind == arithmetic else {
            throw StartError(
                "the attention service computes in \(kind) arithmetic, the router's is \(arithmetic): "
                    + "they must be the same")
        }
    }

    /// A context may be longer than there is memory for.
    private func tellWhatFits() {
        let context = attention.config.maxPositions, tokens = engine.tokensMax
        guard tokens < context else { return }
        let bytes = attention.config.stateBytes(tokensMax: context)
        logger.notice(
            "requests may use less than the whole context, since attention has no memory for it",
            metadata: [
                "context.tokens": "\(context)", "context.mib": "\(bytes >> 20)", "usable.tokens": "\(tokens)",
            ])
    }

    /// Tells attention that this router lives, hears how much memory there is, and whether the service computes or only
    /// answers.
    private func keepInTouch() async throws {
        var trouble: String?, periods = 0
        while true {
            try await Task.sleep(for: Self.period)
            engine.signal()
            periods += 1
            guard attention.isConnected, greeted.isSet else {
                trouble = nil        // of a connection that is no more
                continue
            }
            var found: String?
            do throws(RPCError) {
                let description = try await attention.describe(timeout: Self.answerTimeout)
                engine.setMemory(bytes: description.memoryBudgetBytes, othersBytes: description.othersBytes)
                if periods % Self.refreshPeriods == 0 { try await inventory.refresh() }
                let stall = Duration.milliseconds(description.stalledMilliseconds)
                if stall > Self.stallMax {
                    found = "the attention service has been computing one call for \(Int(stall / .seconds(1))) s"
                }
            } catch  where error.code == .deadlineExceeded {
                found = "the attention service does not answer"
            } catch {
                continue        // the connection is lost, which the greeting deals with
            }
            if (found == nil) != (trouble == nil) {
                let line: Logger.Message = found == nil ? "attention answers again" : "attention is in trouble"
                logger.notice(line, metadata: ["why": "\(found ?? trouble ?? "")"])
            }
            if attention.isConnected, greeted.isSet, found != nil || trouble != nil {
                status.setAttention(missing: found)
            }
            trouble = found
        }
    }

    /// No answer of weights that are not the model's may reach a reader.
    private func requireProof(of description: AttentionDescription) async throws {
        guard proof.isNeeded(of: description.weightsCopy) else { return }
        status.setAttention(missing: "the attention service's weights are being compared with the router's")
        async let expected = proof.expectedOutsideExperts()        // read meanwhile
        let answer = try await attention.rpc.call(.digestWeights, DigestsRequest(), timeout: Self.readingTime)
        if let fault = proof.fault(answer.digests, try await expected) {
            throw StartError("the attention service holds damaged or foreign weights: \(fault)")
        }
    }

    /// A slow disk may need as long for all of attention's weights.
    private static let readingTime = TimeAmount.hours(1)
}

private final class Flag: Sendable {
    private let state = Atomic(false)
    var isSet: Bool { state.load(ordering: .acquiring) }
    func set(_ value: Bool) { state.store(value, ordering: .releasing) }
}
