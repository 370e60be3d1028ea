import Messages
import Snapshots
import Synchronization

@testable import Router

/// Kept states and their files as the test says; it notes what it was asked for.
final class PlayedStates: SessionStates {
    struct State {
        var tokens: [Int32]
        var scope: PrefixScope
        var file: [UInt8]
    }
    private struct Content {
        var states: [StateID: State] = [:]
        /// States that are thought to be there, and are not.
        var stale: [StateID: State] = [:]
        var arriving: [StateID: [UInt8]] = [:]
        var arrivingTokens: [Int32] = []
        var failure: StateFailure?
        /// So many parts are given before the file is gone.
        var partsLeft = Int.max
        var calls: [String] = []

        /// A call has found that a state is not there: nobody is told of it again.
        mutating func gone(_ state: StateID) -> StateFailure {
            stale[state] = nil
            return .gone
        }
    }
    private let content = Mutex(Content())
    let fileBytesMax: Int

    init(fileBytesMax: Int = .max) { self.fileBytesMax = fileBytesMax }

    // MARK: what the test does and sees

    func keep(_ id: StateID, _ tokens: [Int32], in scope: PrefixScope, file: [UInt8]) {
        content.withLock { $0.states[id] = State(tokens: tokens, scope: scope, file: file) }
    }
    /// The state goes, and nobody is told.
    func evict(_ id: StateID) { content.withLock { $0.stale[id] = $0.states.removeValue(forKey: id) } }
    func fails(with failure: StateFailure?) { content.withLock { $0.failure = failure } }
    func loseFile(afterParts count: Int) { content.withLock { $0.partsLeft = count } }
    func findTokens(_ tokens: [Int32]) { content.withLock { $0.arrivingTokens = tokens } }
    var calls: [String] { content.withLock { $0.calls } }
    func state(_ id: StateID) -> State? { content.withLock { $0.states[id] } }
    var ids: [StateID] { content.withLock { $0.states.keys.sorted() } }
    var arrived: [[UInt8]] { content.withLock { Array($0.arriving.values) } }

    // MARK: SessionStates

    private func ask<R>(_ call: String, _ answer: (inout Content) throws(StateFailure) -> R) throws(StateFailure) -> R {
        try content.withLock { content throws(StateFailure) in
            content.calls.append(call)
            if let failure = content.failure { throw failure }
            return try answer(&content)
        }
    }

    func states(along tokens: [Int32], in scope: PrefixScope) async throws(StateFailure) -> [SessionState] {
        try ask("states") { content throws(StateFailure) in
            content.states.values.filter { $0.scope == scope && tokens.starts(with: $0.tokens) }
                .map { SessionState(length: $0.tokens.count, inMemory: 100 * $0.tokens.count, onDisk: $0.file.count) }
                .sorted { $0.length < $1.length }
        }
    }

    func state(of tokens: [Int32], in scope: PrefixScope) -> StateID? {
        content.withLock { content in
            content.states.merging(content.stale) { there, _ in there }
                .first { $0.value.scope == scope && $0.value.tokens == tokens }?.key
        }
    }

    func file(of state: StateID) async throws(StateFailure) -> JoinedSnapshot {
        try ask("file") { content throws(StateFailure) in
            guard let file = content.states[state]?.file else { throw content.gone(state) }
            return JoinedSnapshot(header: Array(file.prefix(1000)), data: [min(1000, file.count) ..< file.count])
        }
    }

    func move(_ state: StateID, to member: String?) async throws(StateFailure) -> StateMove {
        try ask("move \(state) to \(member ?? "any")") { content throws(StateFailure) in
            guard content.states[state] != nil else { throw content.gone(state) }
            return StateMove(members: [member ?? "attention-2"], hasMoved: member != "attention-1")
        }
    }

    func bytes(
        _ range: Range<Int>, of file: JoinedSnapshot, _ state: StateID
    ) async throws(StateFailure) -> [UInt8] {
        try ask("bytes at \(range.lowerBound)") { content throws(StateFailure) in
            content.partsLeft -= 1
            guard content.partsLeft >= 0, let file = content.states[state]?.file else { throw content.gone(state) }
            return Array(file[range].prefix(StatePart.bytesMax))
        }
    }

    func expect(in scope: PrefixScope) throws(StateFailure) -> ArrivingState {
        ArrivingState(id: .random(), replica: .first, scope: scope)
    }

    func take(_ part: ArrivingPart, of state: ArrivingState) async throws(StateFailure) {
        try ask("take \(part.bytes.count) at \(part.offset)\(part.isLast ? ", the last" : "")") {
            content throws(StateFailure) in
            guard content.arriving[state.id, default: []].count == part.offset else { throw .unavailable }
            content.arriving[state.id, default: []] += part.bytes
            guard part.isLast, let file = content.arriving[state.id] else { return }
            content.states[state.id] = State(tokens: content.arrivingTokens, scope: state.scope, file: file)
        }
    }

    func tokens(of state: ArrivingState) async throws(StateFailure) -> [Int32] {
        try ask("tokens") { content throws(StateFailure) in
            guard let state = content.states[state.id] else { throw .gone }
            return state.tokens
        }
    }

    func learn(_ state: ArrivingState, _ tokens: [Int32]) {
        content.withLock { $0.calls.append("learn \(tokens.count)") }
    }

    func drop(_ state: ArrivingState) async {
        content.withLock {
            $0.calls.append("drop")
            $0.states[state.id] = nil
        }
    }
}
