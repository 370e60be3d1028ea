internal import Messages
internal import Transport

@testable import Router

/// A piece attempt as a test tells it: hosts and pieces by their names, what is done as short lines.
struct AttemptStory {
    static let layer = 3

    private(set) var attempt: PieceAttempt
    /// What the attempt waits for.
    private(set) var needs: [PieceAttempt.Need] = []
    /// The calls that are under way.
    private(set) var asks: [PieceAttempt.Ask] = []
    /// A failure for which the attempt wants to know more.
    private(set) var questions: [(ask: PieceAttempt.Ask, failure: HostFailure)] = []
    var now = ContinuousClock.now
    let pieces: [ExpertPiece]

    /// - Parameter pieces: how many there are; the expert of group n is n.
    init(pieces count: Int, patience: Duration = .seconds(30)) {
        attempt = PieceAttempt(layer: Self.layer, patience: patience)
        pieces = (0 ..< count).map { ExpertPiece(group: $0, expert: $0, slice: .whole) }
    }

    /// One piece, for which a host is being asked.
    static func asking(_ host: String, patience: Duration = .seconds(30)) -> AttemptStory {
        var story = AttemptStory(pieces: 1, patience: patience)
        _ = story.begin()
        _ = story.route([host: [0]])
        return story
    }

    mutating func begin() -> [String] { note(attempt.begin(pieces)) }

    mutating func take(_ event: PieceAttempt.Event) -> [String] { note(attempt.take(event)) }

    /// The routing table has these hosts for the pieces of these groups.
    mutating func route(_ holders: [String: [Int]]) -> [String] {
        let calls = holders.sorted { $0.key < $1.key }.map { host, groups in
            HostCall(host: TestHosts.host(host), pieces: groups.map { pieces[$0] })
        }
        return take(.routed(needs.removeFirst(), calls))
    }

    /// The routing table has nobody for the piece of a group.
    mutating func miss(_ group: Int, table: Int, isHopeless: Bool = false) -> [String] {
        take(.unrouted(needs.removeFirst(), pieces[group], table: table, now: now, isHopeless: isHopeless))
    }

    mutating func waited() -> [String] { take(.waited(needs.removeFirst())) }

    /// - Parameter group: one that the host was asked for, where it was called more than once.
    mutating func answer(_ host: String, _ group: Int? = nil) -> [String] {
        let ask = remove(host, group)
        return take(.answered(ask, ask.call.pieces.map { PieceAnswer(piece: $0, values: []) }))
    }

    mutating func fail(_ host: String, _ kind: HostFailure.Kind) -> [String] {
        let ask = remove(host, nil)
        return take(.failed(ask, Self.failure(of: host, kind)))
    }

    mutating func lapses(_ host: String, areTooMany: Bool) -> [String] {
        let (ask, failure) = questions.removeFirst()
        return take(.lapseCounted(ask, failure, isTooOften: areTooMany))
    }

    mutating func doubted(_ host: String, hasOthers: Bool) -> [String] {
        let (ask, failure) = questions.removeFirst()
        return take(.doubted(ask, failure, hasOthers: hasOthers))
    }

    static func failure(of host: String, _ kind: HostFailure.Kind) -> HostFailure {
        HostFailure(kind: kind, error: .expertHost(host, RPCError(.unavailable, "\(kind)")))
    }

    private mutating func remove(_ host: String, _ group: Int?) -> PieceAttempt.Ask {
        let index = asks.firstIndex { ask in
            ask.call.host.name == host && (group == nil || ask.call.pieces.contains { $0.group == group })
        }
        guard let index else { preconditionFailure("\(host) is not asked for anything") }
        return asks.remove(at: index)
    }

    /// Keeps what the attempt waits for.
    private mutating func note(_ actions: [PieceAttempt.Action]) -> [String] {
        for action in actions {
            switch action {
            case .route(let need), .start(.pause(let need)), .start(.awaitTable(let need, _)): needs.append(need)
            case .start(.ask(let ask)): asks.append(ask)
            case .countLapse(let ask, let failure), .doubt(let ask, let failure): questions.append((ask, failure))
            case .lost, .late, .lacks, .believe, .fail: break
            }
        }
        return actions.map(Self.line)
    }

    static func line(_ action: PieceAttempt.Action) -> String {
        func groups(_ pieces: [ExpertPiece]) -> String { pieces.map { "\($0.group)" }.joined(separator: " ") }
        return switch action {
        case .route(let need): "route \(groups(need.pieces))"
        case .start(.ask(let ask)): "ask \(ask.call.host.name) \(groups(ask.call.pieces))"
        case .start(.pause(let need)): "pause \(groups(need.pieces))"
        case .start(.awaitTable(let need, let table)): "await after \(table): \(groups(need.pieces))"
        case .countLapse(let ask, _): "count \(ask.call.host.name)"
        case .doubt(let ask, _): "doubt \(ask.call.host.name)"
        case .lost(let host, _): "lost \(host.name)"
        case .late(let host, _): "late \(host.name)"
        case .lacks(let host, let pieces): "lacks \(host.name) \(groups(pieces))"
        case .believe(let host): "believe \(host.name)"
        case .fail(ClusterError.expertHost(let host, _)): "fail \(host)"
        case .fail(let error): "fail \(error)"
        }
    }
}
