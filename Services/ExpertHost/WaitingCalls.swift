internal import NIOCore
internal import Synchronization

/// Calls that wait until the lane is free, in the order they came, and answers that wait to be fetched.
final class WaitingCalls: Sendable {
    struct Waiting {
        let number: Int
        let call: ExpertCall
        let deadline: NIODeadline?
    }

    private struct State {
        var lastNumber = 0
        var waiting: [Waiting] = []
        var begun: Set<Int> = []
        var answers: [Int: [Float]] = [:]
    }

    private let state = Mutex(State())

    /// Most rows of a round: bounds its memory, and how long the first of its calls waits for the last.
    private static let rowsMax = 4096

    /// - Parameter deadline: when nobody waits for the answer any more.
    /// - Returns: the call's number here, under which it must be withdrawn in the end.
    func add(_ call: ExpertCall, until deadline: NIODeadline? = nil) -> Int {
        state.withLock { state in
            state.lastNumber += 1
            state.waiting.append(Waiting(number: state.lastNumber, call: call, deadline: deadline))
            return state.lastNumber
        }
    }

    /// Nobody wants the call's answer any more: if it has not begun, it never will.
    func withdraw(_ number: Int) {
        state.withLock { state in
            state.waiting.removeAll { $0.number == number }
            state.begun.remove(number)
            state.answers[number] = nil
        }
    }

    /// How many calls there were so far.
    var count: Int { state.withLock { $0.lastNumber } }

    /// Whether no call waits or is computed.
    var isEmpty: Bool { state.withLock { $0.waiting.isEmpty && $0.begun.isEmpty } }

    /// The calls that are computed next, together: those that have waited longest, as many as one round may have; a
    /// call of more rows goes alone. Calls whose deadline has passed are in no round.
    func nextRound(at now: NIODeadline = .now()) -> [Waiting] {
        state.withLock { state in
            state.waiting.removeAll { waiting in waiting.deadline.map { $0 <= now } ?? false }
            var rows = 0
            let round = Array(
                state.waiting.prefix { waiting in
                    rows += waiting.call.rowCount
                    return rows <= Self.rowsMax || rows == waiting.call.rowCount
                })
            state.waiting.removeFirst(round.count)
            state.begun.formUnion(round.map(\.number))
            return round
        }
    }

    func answer(_ number: Int, with outputs: [Float]) {
        state.withLock { state in
            if state.begun.remove(number) != nil { state.answers[number] = outputs }
        }
    }

    /// The call's answer, once.
    func takeAnswer(_ number: Int) -> [Float]? { state.withLock { $0.answers.removeValue(forKey: number) } }
}
