internal import Logging
internal import NIOCore
internal import Synchronization
internal import Transport

/// Logs the calls that a service did not answer.
final class CallFailures: Sendable {
    private let logger: Logger
    private let lines = Mutex(LineAllowance(burst: 16, interval: .seconds(10)))

    init(_ logger: Logger) { self.logger = logger }

    /// The service refused a call, and told the caller why.
    func refused(_ error: RPCError, _ context: CallContext) {
        logger.debug("refused a call", metadata: line(context, "\(error)"))
    }

    /// A call failed for a reason that the service did not foresee. Callers can repeat it, so not each has its line.
    func failed(_ error: any Error, _ context: CallContext) {
        guard let leftOut = lines.withLock({ $0.take() }) else { return }
        var metadata = line(context, "\(error)")
        if leftOut > 0 { metadata["lines_left_out"] = "\(leftOut)" }
        logger.error("a call failed unexpectedly", metadata: metadata)
    }

    private func line(_ context: CallContext, _ reason: String) -> Logger.Metadata {
        context.metadata.merging(["reason": "\(reason)"]) { $1 }
    }
}
