internal import Messages
internal import Testing

@testable import Router

/// Random hosts that fail in every way, against piece attempts; what must always hold is checked after every event.
@Suite("Piece attempts under random mishaps") struct PieceAttemptFuzzTests {
    @Test("every piece is answered once, or the attempt fails with an error that names who failed", arguments: 0 ..< 20)
    func random(block: UInt64) async throws {
        let trouble = try await RandomWorlds.firstTrouble(block * 250 ..< (block + 1) * 250) { seed in
            var world = AttemptWorld(seed: seed)
            world.run()
            return world.trouble
        }
        #expect(trouble == nil)
    }

    @Test("all that can happen does happen in these worlds")
    func variety() {
        var ends: [String: Int] = [:], proven = 0, believed = 0, mostTries = 0
        for seed in 0 ..< 1000 {
            var world = AttemptWorld(seed: UInt64(seed))
            world.run()
            ends[world.end, default: 0] += 1
            (proven, believed) = (proven + world.provenCount, believed + world.believedCount)
            mostTries = max(mostTries, world.mostTries)
        }
        for end in ["answered", "cancelled", "notHeld", "expertHost"] { #expect(ends[end, default: 0] > 10, "\(ends)") }
        #expect(proven > 10 && believed > 10)
        #expect(mostTries == PieceAttempt.triesMax)
    }
}

/// Plays the hosts, the routing table and the clock.
private struct AttemptWorld {
    struct Peer {
        var isConnected = true
        /// Late or doubted: asked only where there is nobody else.
        var isSuspect = false
        var refusals = 0
        /// Groups whose experts it holds.
        var held: Set<Int>
        /// Of ten calls.
        let failures: Int
    }

    enum Job {
        case ask(PieceAttempt.Ask), wait(PieceAttempt.Need)

        var pieces: [ExpertPiece] {
            switch self {
            case .ask(let ask): ask.call.pieces
            case .wait(let need): need.pieces
            }
        }
    }

    private static let hosts = ["a", "b", "c", "d", "e", "f"].map { TestHosts.host($0) }

    private var random: RandomSource
    private var attempt: PieceAttempt
    private let pieces: [ExpertPiece]
    /// The ways in which hosts fail.
    private let kinds: [HostFailure.Kind]
    private var peers: [Peer]
    private var jobs: [Job] = []
    private var now = ContinuousClock.now
    /// Doubts that are not settled: whose they are, and what others have to answer.
    private var doubts: [(host: Int, pieces: [ExpertPiece])] = []
    /// Hosts that failed in any way.
    private var failed: Set<String> = []
    /// A host that has to be lost at once, since it has failed.
    private var leaving: Int?
    private var isCancelled = false
    private(set) var end = ""
    private(set) var trouble: String?
    private(set) var provenCount = 0
    private(set) var believedCount = 0
    private(set) var mostTries = 0

    init(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let groups = 0 ..< Int.random(in: 1 ... 4, using: &random)
        pieces = groups.map { ExpertPiece(group: $0, expert: $0, slice: .whole) }
        peers = Self.hosts.prefix(.random(in: 1 ... Self.hosts.count, using: &random)).map { _ in
            Peer(
                held: Set(groups.filter { _ in Int.random(in: 0 ..< 5, using: &random) > 0 }),
                failures: [0, 1, 4, 10].randomElement(using: &random) ?? 0)
        }
        let all: [HostFailure.Kind] = [.gone, .late, .lacking, .busy, .wrong]
        kinds = Array(all.shuffled(using: &random).prefix(.random(in: 1 ... all.count, using: &random)))
        attempt = PieceAttempt(layer: 3, patience: .seconds(.random(in: 0 ... 20, using: &random)))
        self.random = random
    }

    mutating func run() {
        perform(attempt.begin(pieces))
        check()
        for _ in 0 ..< 10_000 {
            guard trouble == nil, end.isEmpty, !jobs.isEmpty else { break }
            disturb()
            step()
            check()
        }
        guard trouble == nil else { return }
        if end.isEmpty, jobs.isEmpty { end = "answered" }
        if end.isEmpty { trouble = "it never ends" }
        if !doubts.isEmpty { trouble = "doubts stay open" }
        if !attempt.take(.interrupted(CancellationError())).isEmpty, end != "answered" { trouble = "it fails twice" }
    }

    private mutating func chance(oneIn count: Int) -> Bool { Int.random(in: 0 ..< count, using: &random) == 0 }

    /// Time passes, and hosts come, go, load and answer again.
    private mutating func disturb() {
        now += .milliseconds(.random(in: 0 ... 2000, using: &random))
        let index = Int.random(in: peers.indices, using: &random)
        if chance(oneIn: 10) { (peers[index].isConnected, peers[index].isSuspect) = (true, false) }
        if chance(oneIn: 30) { peers[index].isConnected = false }
        if chance(oneIn: 5) { peers[index].held.insert(.random(in: pieces.indices, using: &random)) }
    }

    /// Something that was under way ends.
    private mutating func step() {
        if chance(oneIn: 100) {
            isCancelled = true
            return perform(attempt.take(.interrupted(CancellationError())))
        }
        switch jobs.remove(at: .random(in: jobs.indices, using: &random)) {
        case .wait(let need): perform(attempt.take(.waited(need)))
        case .ask(let ask):
            let index = index(of: ask.call.host)
            guard Int.random(in: 0 ..< 10, using: &random) < peers[index].failures else {
                peers[index].refusals = 0
                return perform(attempt.take(.answered(ask, ask.call.pieces.map { PieceAnswer(piece: $0, values: []) })))
            }
            let kind = kinds.randomElement(using: &random) ?? .gone
            failed.insert(ask.call.host.name)
            if kind == .gone { leaving = index }
            perform(attempt.take(.failed(ask, AttemptStory.failure(of: ask.call.host.name, kind))))
        }
    }

    // MARK: what the attempt wants

    private mutating func perform(_ actions: [PieceAttempt.Action]) {
        var actions = actions[...]
        while trouble == nil, let action = actions.popFirst() {
            if !end.isEmpty { trouble = "\(AttemptStory.line(action)) after the end" }
            switch action {
            case .route(let need):
                let event = route(need)
                actions += attempt.take(event)
            case .countLapse(let ask, let failure):
                let index = index(of: ask.call.host)
                peers[index].refusals += 1
                let isTooOften = peers[index].refusals >= PieceAttempt.lapsesMax
                if isTooOften { leaving = index }
                actions += attempt.take(.lapseCounted(ask, failure, isTooOften: isTooOften))
            case .doubt(let ask, let failure):
                let hasOthers = doubt(ask)
                actions += attempt.take(.doubted(ask, failure, hasOthers: hasOthers))
            case .start(.ask(let ask)): begin(ask)
            case .start(.pause(let need)), .start(.awaitTable(let need, _)): jobs.append(.wait(need))
            case .lost(let host, _): lose(index(of: host))
            case .late(let host, _): peers[index(of: host)].isSuspect = true
            case .lacks(let host, let pieces): peers[index(of: host)].held.subtract(pieces.map(\.group))
            case .believe(let host): believe(index(of: host))
            case .fail(let error): fail(error)
            }
        }
    }

    private func index(of host: ExpertHostClient) -> Int { Self.hosts.firstIndex { $0.name == host.name } ?? 0 }

    /// The pieces, cut anyhow, each to any host that holds its expert.
    private mutating func route(_ need: PieceAttempt.Need) -> PieceAttempt.Event {
        let connected = peers.indices.filter { peers[$0].isConnected }
        let sound = connected.filter { !peers[$0].isSuspect }
        var calls: [Int: HostCall] = [:]
        for piece in need.pieces.flatMap({ TestHosts.randomCut($0, &random) }) {
            let holders = (sound.isEmpty ? connected : sound).filter { peers[$0].held.contains(piece.group) }
            guard let index = holders.randomElement(using: &random) else {
                return .unrouted(need, piece, table: 0, now: now, isHopeless: chance(oneIn: 50))
            }
            calls[index, default: HostCall(host: Self.hosts[index])].pieces.append(piece)
        }
        return .routed(need, Array(calls.sorted { $0.key < $1.key }.map(\.value)))
    }

    private mutating func begin(_ ask: PieceAttempt.Ask) {
        mostTries = max(mostTries, ask.asked.count)
        if ask.asked.count > PieceAttempt.triesMax { trouble = "\(ask.asked.count) tries" }
        if ask.asked.last != ask.call.host.instance { trouble = "\(ask.asked) does not end with the host asked" }
        for case .ask(let other) in jobs where other.call.host.instance == ask.call.host.instance {
            let isTwice = other.call.pieces.contains { piece in
                ask.call.pieces.contains { $0.group == piece.group && $0.slice.eighths & piece.slice.eighths != 0 }
            }
            if isTwice { trouble = "\(ask.call.host.name) is asked twice at the same time for the same" }
        }
        jobs.append(.ask(ask))
    }

    private mutating func doubt(_ ask: PieceAttempt.Ask) -> Bool {
        let index = index(of: ask.call.host)
        let hasOthers = peers.indices.contains { $0 != index && peers[$0].isConnected && !peers[$0].isSuspect }
        guard hasOthers else { return false }
        peers[index].isSuspect = true
        doubts.append((index, ask.call.pieces))
        return true
    }

    private mutating func lose(_ index: Int) {
        if leaving == index {
            leaving = nil
        } else {
            let answered = eighths(of: attempt.answers.map(\.piece))
            let proven = doubts.firstIndex { doubt in
                doubt.host == index && doubt.pieces.allSatisfy { $0.slice.eighths & ~answered[$0.group] == 0 }
            }
            guard let proven else { return trouble = "host \(index) is lost without proof" }
            doubts.remove(at: proven)
            provenCount += 1
        }
        peers[index].isConnected = false
    }

    private mutating func believe(_ index: Int) {
        guard let doubt = doubts.firstIndex(where: { $0.host == index }) else {
            return trouble = "host \(index) is believed, and nobody doubted it"
        }
        doubts.remove(at: doubt)
        believedCount += 1
    }

    private mutating func fail(_ error: any Error) {
        if leaving != nil { trouble = "a host that failed is not told to be lost" }
        switch error {
        case ClusterError.expertHost(let host, _):
            end = "expertHost"
            if !failed.contains(host) { trouble = "\(host) is said to have failed, and did not" }
        case ClusterError.notHeld(let unit):
            end = "notHeld"
            if unit.layer != 3 || !pieces.indices.contains(unit.expert) { trouble = "\(unit) is no piece" }
        default:
            end = "cancelled"
            if !isCancelled { trouble = "\(error)" }
        }
    }

    // MARK: what must hold

    /// Of each group.
    private func eighths(of pieces: [ExpertPiece]) -> [UInt8] {
        pieces.reduce(into: self.pieces.map { _ in 0 }) { $0[$1.group] |= $1.slice.eighths }
    }

    /// Every eighth of every piece is answered, asked for or waited for, exactly once.
    private mutating func check() {
        guard end.isEmpty, trouble == nil else { return }
        let all = attempt.answers.map(\.piece) + jobs.flatMap(\.pieces)
        let count = all.reduce(0) { $0 + $1.slice.eighths.nonzeroBitCount }
        if eighths(of: all).contains(where: { $0 != 0xFF }) { trouble = "a piece is forgotten: \(all)" }
        if count != 8 * pieces.count { trouble = "a piece is there twice: \(all)" }
    }
}
