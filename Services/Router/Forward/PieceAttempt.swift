internal import Messages

/// How one layer's pieces come to be answered: who is asked instead of a host that fails, and when the attempt is
/// given up.
///
/// This is a pure value: an `Event` says what has happened, and the `Action`s that come back say what to do.
/// `ExpertDispatch` does it, with connections, tasks and timers; it is done when nothing is left to do. The rules:
/// - An expert is a pure function, so any holder may be asked for a piece that one host did not answer. The routing
///   table says who that is.
/// - A host whose connection breaks is lost. A host that lets its deadline pass is late, and asked no more while there
///   are others.
/// - A host that refuses (it does not hold a piece, or it is busy) is asked again after a pause, or others are if the
///   table has changed. One that refuses too often in a row is lost.
/// - A host that answers wrongly is doubted: others are asked for the same pieces. If they answer, the host was wrong
///   and is lost. If they do not, or if there are no others, the host is believed, and the attempt fails with the error
///   of its answer.
/// - No piece is asked for more than `triesMax` times.
/// - A piece that nobody holds is waited for until `patience` is over or there is no hope.
struct PieceAttempt: Sendable {
    /// Most times that a piece is asked for, at all hosts together.
    static let triesMax = 32
    /// A host that has left so many calls in a row unanswered when it refuses one is lost; `Membership` has the limit
    /// for one that is late. Plans that change can bring one or two refusals about.
    static let lapsesMax = 6
    /// How long to wait before hosts are asked again after one has refused.
    static let pause = Duration.milliseconds(20)

    /// What was tried for some pieces so far.
    struct History: Sendable {
        /// Instances of the hosts that were asked, one for each try, the first one first.
        fileprivate(set) var asked: [String] = []
        /// Indices of the doubts that an answer helps to settle, the oldest first.
        fileprivate var doubts: [Int] = []
    }

    /// Pieces for which a host is needed.
    struct Need: Sendable {
        let pieces: [ExpertPiece]
        fileprivate(set) var history: History
        /// Since when nobody holds all of them.
        fileprivate var waitsSince: ContinuousClock.Instant?
    }

    /// A call to one host for some pieces.
    struct Ask: Sendable {
        let call: HostCall
        /// What was tried for these pieces before this call.
        let history: History

        /// Instances of all hosts that were asked for these pieces, this one included.
        var asked: [String] { history.asked + [call.host.instance] }
    }

    enum Event: Sendable {
        /// The routing table has holders for all pieces: one call for each host.
        case routed(Need, [HostCall])
        /// The routing table with this serial number has nobody for a piece. `isHopeless`: nobody is expected to come.
        case unrouted(Need, ExpertPiece, table: Int, now: ContinuousClock.Instant, isHopeless: Bool)
        /// A pause is over, or the routing table has changed.
        case waited(Need)
        case answered(Ask, [PieceAnswer])
        case failed(Ask, HostFailure)
        /// The answer to `countLapse`.
        case lapseCounted(Ask, HostFailure, isTooOften: Bool)
        /// The answer to `doubt`. `hasOthers`: there are other hosts that may be asked.
        case doubted(Ask, HostFailure, hasOthers: Bool)
        /// The work was cancelled.
        case interrupted(any Error)
    }

    /// What is to be done, in the order of the actions.
    enum Action: Sendable {
        /// Look for holders in the routing table; answered by `routed` or `unrouted`.
        case route(Need)
        /// Count a call that a host has refused; answered by `lapseCounted`.
        case countLapse(Ask, HostFailure)
        /// Hold what the host answered for wrong until others have answered; answered by `doubted`.
        case doubt(Ask, HostFailure)
        /// Begin something that takes time.
        case start(Job)
        /// The host is gone, or proven wrong.
        case lost(ExpertHostClient, why: String)
        /// The host did not answer in time.
        case late(ExpertHostClient, why: String)
        /// The host does not hold these pieces.
        case lacks(ExpertHostClient, [ExpertPiece])
        /// Nobody could show that the host was wrong.
        case believe(ExpertHostClient)
        /// Give the attempt up.
        case fail(any Error)
    }

    /// What takes time. Several run at the same time.
    enum Job: Sendable {
        /// Call a host; ends with `answered` or `failed`.
        case ask(Ask)
        /// Wait for `pause`; ends with `waited`.
        case pause(Need)
        /// Wait for another routing table than the one with this serial number; ends with `waited`.
        case awaitTable(Need, after: Int)
    }

    /// A host whose answer was wrong, as long as others are asked for the same.
    private struct Doubt {
        let host: ExpertHostClient
        let error: ClusterError
        /// Needs and asks that have to be answered before the host is proven wrong.
        var openCount = 1
        var isSettled: Bool { openCount == 0 }
    }

    private let layer: Int
    private let patience: Duration
    private var doubts: [Doubt] = []
    private var hasGivenUp = false
    /// What came of the pieces so far, in any order and perhaps in smaller pieces.
    private(set) var answers: [PieceAnswer] = []

    /// - Parameter patience: how long pieces that nobody holds are waited for.
    init(layer: Int, patience: Duration) {
        (self.layer, self.patience) = (layer, patience)
    }

    /// The first thing to do.
    func begin(_ pieces: [ExpertPiece]) -> [Action] { [.route(Need(pieces: pieces, history: History()))] }

    /// - Returns: what to do now. News that comes after the attempt was given up changes nothing.
    mutating func take(_ event: Event) -> [Action] {
        guard !hasGivenUp else { return [] }
        switch event {
        case .routed(let need, let calls): return ask(calls, for: need)
        case .unrouted(let need, let piece, let table, let now, let isHopeless):
            return wait(for: piece, of: need, after: table, now, isHopeless)
        case .waited(let need): return [.route(need)]
        case .answered(let ask, let answers): return keep(answers, of: ask)
        case .failed(let ask, let failure): return react(to: failure, of: ask)
        case .lapseCounted(let ask, let failure, isTooOften: true):
            return [.lost(ask.call.host, why: "\(failure.error)")] + again(ask, after: failure)
        case .lapseCounted(let ask, let failure, isTooOften: false):
            let news = failure.kind == .lacking ? [Action.lacks(ask.call.host, ask.call.pieces)] : []
            return news + again(ask, after: failure, pausing: true)
        case .doubted(let ask, let failure, hasOthers: true): return askOthers(of: ask, doubting: failure)
        case .doubted(let ask, let failure, hasOthers: false): return giveUp(failure.error, ask.history)
        case .interrupted(let error):
            return giveUp(doubts.first { !$0.isSettled }?.error ?? error, History())
        }
    }

    // MARK: rules

    private mutating func ask(_ calls: [HostCall], for need: Need) -> [Action] {
        for index in need.history.doubts { doubts[index].openCount += calls.count - 1 }
        return calls.map { .start(.ask(Ask(call: $0, history: need.history))) }
    }

    private mutating func wait(
        for piece: ExpertPiece, of need: Need, after table: Int, _ now: ContinuousClock.Instant, _ isHopeless: Bool
    ) -> [Action] {
        var need = need
        let since = need.waitsSince ?? now
        guard since.duration(to: now) < patience, !isHopeless else {
            return giveUp(ClusterError.notHeld(ExpertUnit(layer: layer, expert: piece.expert)), need.history)
        }
        need.waitsSince = since
        return [.start(.awaitTable(need, after: table))]
    }

    private mutating func keep(_ new: [PieceAnswer], of ask: Ask) -> [Action] {
        answers += new
        var actions: [Action] = []
        for index in ask.history.doubts.reversed() {
            doubts[index].openCount -= 1
            guard doubts[index].isSettled else { continue }
            actions.append(.lost(doubts[index].host, why: "\(doubts[index].error)"))
        }
        return actions
    }

    private mutating func react(to failure: HostFailure, of ask: Ask) -> [Action] {
        switch failure.kind {
        case .gone: return [.lost(ask.call.host, why: "\(failure.error)")] + again(ask, after: failure)
        case .late: return [.late(ask.call.host, why: "\(failure.error)")] + again(ask, after: failure)
        case .lacking, .busy: return [.countLapse(ask, failure)]
        case .wrong:
            guard ask.asked.count < Self.triesMax else { return giveUp(failure.error, ask.history) }
            return [.doubt(ask, failure)]
        }
    }

    private mutating func askOthers(of ask: Ask, doubting failure: HostFailure) -> [Action] {
        doubts.append(Doubt(host: ask.call.host, error: failure.error))
        return again(ask, after: failure, doubt: doubts.count - 1)
    }

    /// Looks for a host for the same pieces once more.
    private mutating func again(
        _ ask: Ask, after failure: HostFailure, pausing: Bool = false, doubt: Int? = nil
    ) -> [Action] {
        var history = ask.history
        history.asked = ask.asked
        if let doubt { history.doubts.append(doubt) }
        guard history.asked.count < Self.triesMax else { return giveUp(failure.error, history) }
        let need = Need(pieces: ask.call.pieces, history: history)
        return [pausing ? .start(.pause(need)) : .route(need)]
    }

    /// The attempt fails: with the error of the first host that was doubted for these pieces, where there is one.
    private mutating func giveUp(_ error: any Error, _ history: History) -> [Action] {
        hasGivenUp = true
        let believed = doubts.reversed().filter { !$0.isSettled }.map { Action.believe($0.host) }
        return believed + [.fail(history.doubts.first.map { doubts[$0].error } ?? error)]
    }
}
