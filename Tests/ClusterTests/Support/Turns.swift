import Foundation
import Synchronization
import Testing

/// Tests of whole clusters take turns: `@Suite(…, .inTurn)`. Each has several processes that compute, and deadlines of its own; all at once
/// would get so little of the processors that what is right looks too slow.
struct Turns: SuiteTrait, TestTrait, TestScoping {
    private struct State {
        var free = max(3, ProcessInfo.processInfo.activeProcessorCount)
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private static let state = Mutex(State())

    /// Each test of the suite takes a turn by itself.
    var isRecursive: Bool { true }

    func provideScope(for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void) async throws {
        await Self.begin()
        defer { Self.end() }
        try await function()
    }

    private static func begin() async {
        await withCheckedContinuation { turn in
            let isFree = state.withLock { state in
                if state.free == 0 { state.waiting.append(turn) } else { state.free -= 1; return true }
                return false
            }
            if isFree { turn.resume() }
        }
    }

    private static func end() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.waiting.isEmpty { state.free += 1; return nil }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}

extension Trait where Self == Turns {
    static var inTurn: Self { Turns() }
}
