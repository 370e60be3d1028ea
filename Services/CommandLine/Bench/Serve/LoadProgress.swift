internal import Synchronization

/// How far a load is; any task may add to it.
final class LoadProgress: Sendable {
    struct Counts: Sendable, Equatable {
        var sent = 0
        var ended: [Outcome.Kind: Int] = [:]
        /// No more will be sent.
        var isSent = false

        var running: Int { sent - ended.values.reduce(0, +) }

        /// `34 sent, 12 running, 20 done, 2 refused, 0 failed`
        var line: String {
            func count(_ kinds: Outcome.Kind...) -> Int { kinds.reduce(0) { $0 + ended[$1, default: 0] } }
            let hungUp = count(.hungUp)
            return "\(sent) sent, \(running) running, \(count(.ok)) done, \(count(.tooMany, .unavailable)) refused, "
                + (hungUp == 0 ? "" : "\(hungUp) hung up, ") + "\(count(.failed, .wrongEnding)) failed"
        }
    }
    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }
    func sent() { state.withLock { $0.sent += 1 } }
    func sentAll() { state.withLock { $0.isSent = true } }
    func ended(_ kind: Outcome.Kind) { state.withLock { $0.ended[kind, default: 0] += 1 } }
}
