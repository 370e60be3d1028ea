internal import NIOCore

/// How one host is asked: how long it is waited for, and who is asked beside it where it is late. A pure value.
///
/// - A host that is alone is waited for as long as calls may take at all: nobody could do it sooner. Where others
///   answer in time, it has to answer within what it usually takes, too.
/// - Others are asked beside it only where something is held twice, and only if they hold all that it was asked for.
/// - Whoever answers first is taken. Where the host itself fails, the race is over: who is asked then is for
///   `PieceAttempt` to say. Where the others fail, the host is still waited for.
struct HedgedCall: Sendable {
    /// From the call to its end without an answer.
    let deadline: TimeAmount
    /// From the call to the moment in which others are asked.
    let hedge: Duration
    /// Calls for the same pieces to other hosts; empty where nobody else can be asked.
    let others: [HostCall]

    /// - Parameters:
    ///   - patience: how long this host is waited for, by what it took lately.
    ///   - timeout: the most that any call may take.
    ///   - soundCount: hosts that answer in time.
    ///   - hasCopies: whether any piece is held by more than one host.
    ///   - others: finds calls to other hosts, and the pieces that none of them holds.
    init(
        _ patience: LatencyTracker.Patience, timeout: TimeAmount, soundCount: Int, hasCopies: Bool,
        others: () -> (calls: [HostCall], missing: [ExpertPiece])
    ) {
        deadline = soundCount > 1 ? min(timeout, .milliseconds(Int64(patience.deadline * 1000))) : timeout
        hedge = .seconds(patience.hedge)
        if hasCopies, case let (calls, missing) = others(), missing.isEmpty {
            self.others = calls
        } else {
            self.others = []
        }
    }

    /// News of a race between the host and the others.
    enum Event: Sendable {
        case host(Result<[PieceAnswer], any Error>)
        /// The host has not answered within `hedge`.
        case hostIsLate
        case others(Result<[PieceAnswer], any Error>)
    }

    enum Action: Sendable {
        case wait
        case askOthers
        /// This is what came of the call. `isOutrun`: the others were sooner.
        case end(Result<[PieceAnswer], any Error>, isOutrun: Bool)
    }

    func action(on event: Event) -> Action {
        switch event {
        case .host(let result): .end(result, isOutrun: false)
        case .hostIsLate: .askOthers
        case .others(.success(let answers)): .end(.success(answers), isOutrun: true)
        case .others(.failure): .wait
        }
    }
}
