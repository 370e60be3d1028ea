internal import Dispatch

/// Where matrix work runs, one job after the other: a queue of its own, never an event loop and never Swift's shared pool.
package struct ComputeLane: Sendable {
    private let queue: DispatchQueue

    package init(label: String) { queue = DispatchQueue(label: label, qos: .userInitiated) }

    /// Runs `work` when the jobs before it are done; a task cancelled while it waits does not run it.
    package func run<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
        let cancellation = CancellationFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async {
                    continuation.resume(with: Result {
                        if cancellation.isSet { throw CancellationError() }
                        return try work()
                    })
                }
            }
        } onCancel: {
            cancellation.set()
        }
    }
}
