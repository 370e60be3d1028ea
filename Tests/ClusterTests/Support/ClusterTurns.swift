import Foundation
import Synchronization
import Testing

/// Lets only a few tests of whole clusters run at the same time: `@Suite(…, .inTurn)`.
///
/// Each of them starts several processes that compute, and has deadlines. If all ran at once, each would get so little
/// of the processors that a cluster which does everything right would miss the deadlines.
struct ClusterTurns: SuiteTrait, TestTrait, TestScoping {
    private struct State {
        var free = max(3, ProcessInfo.processInfo.activeProcessorCount)
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private static let state = Mutex(State())

    /// Each test of the suite takes a turn by itself.
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        await Self.begin()
        defer { Self.end() }
        try await function()
    }

    private static func begin() async {
        await withCheckedContinuation { turn in
            let isFree = state.withLock { state in
                guard state.free > 0 else {
                    state.waiting.append(turn)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { turn.resume() }
        }
    }

    private static func end() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}

extension Trait where Self == ClusterTurns {
    static var inTurn: Self { ClusterTurns() }
}
