internal import Synchronization
internal import TerminalOutput

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

        /// `34 sent, 12 running, 20 done, 2 refused, 0 failed; 17 s of 60 s`
        ///
        /// - Parameters:
        ///   - elapsed: seconds since the beginning.
        ///   - seconds: for how long requests are sent.
        func line(after elapsed: Double, of seconds: Double) -> String {
            let end = isSent ? ", waiting for the last" : " of \(Amount.duration(seconds))"
            return "\(line); \(Amount.duration(elapsed))\(end)"
        }
    }
    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }
    func sent() { state.withLock { $0.sent += 1 } }
    func sentAll() { state.withLock { $0.isSent = true } }
    func ended(_ kind: Outcome.Kind) { state.withLock { $0.ended[kind, default: 0] += 1 } }
}
