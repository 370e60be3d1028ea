internal import Synchronization

/// Set once, by whoever no longer wants the result; looked at before work begins.
package final class CancellationFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    /// A new flag is not set.
    package init() {}

    /// Whether the result is no longer wanted; once true, it stays true.
    package var isSet: Bool { flag.load(ordering: .relaxed) }

    /// Says that the result is no longer wanted; may be called from any thread, more than once.
    package func set() { flag.store(true, ordering: .relaxed) }
}
