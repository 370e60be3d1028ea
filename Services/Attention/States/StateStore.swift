internal import Checkpoint
internal import Messages

/// A sequence's name: two routers may use the same number.
struct SequenceKey: Hashable, Sendable {
    let router: UInt64
    let id: SequenceID
}

/// All live and kept states, and who owns them. Memory is checked here before anything is made; making room is somebody
/// else's work.
struct StateStore {
    private let shape: StateShape
    let book: MemoryBook
    let budgetBytes: Int
    private(set) var live: [SequenceKey: LiveState] = [:]
    private(set) var kept: [StateID: KeptEntry] = [:]
    /// The service computes another part of attention now: nothing begins here any more.
    private var hasEnded = false

    init(_ shape: StateShape, budgetBytes: Int, _ book: MemoryBook = MemoryBook()) {
        (self.shape, self.budgetBytes, self.book) = (shape, budgetBytes, book)
    }

    private var freeBytes: Int { budgetBytes - book.usedBytes - book.reservedBytes }

    func requireMemory(_ bytes: Int) throws(AttentionError) {
        guard bytes <= freeBytes else { throw .memory(needed: bytes, free: freeBytes, budget: budgetBytes) }
    }

    /// What is bound to live states beyond what this router's sequences were granted.
    func bytesBound(beyond router: UInt64) -> Int {
        max(0, book.boundBytes - live.reduce(0) { $0 + ($1.key.router == router ? $1.value.grantedBytes : 0) })
    }

    // MARK: sequences

    /// Begins an empty sequence.
    ///
    /// - Returns: the bytes granted.
    mutating func open(_ key: SequenceKey, tokensMax: Int) throws(AttentionError) -> Int {
        guard !hasEnded else { throw .partChanged }
        guard live[key] == nil else { throw .sequenceExists(key.id) }
        try checkLength(tokensMax)
        try requireMemory(shape.size.bytes(tokens: tokensMax))
        let state = LiveState(shape, tokensMax: tokensMax, book)
        live[key] = state
        return state.grantedBytes
    }

    /// Begins a sequence from a kept state, which must be in memory.
    ///
    /// - Returns: the bytes granted.
    mutating func open(
        _ key: SequenceKey, tokensMax: Int, from origin: StateOrigin, at now: Duration
    ) throws(AttentionError) -> Int {
        guard live[key] == nil else { throw .sequenceExists(key.id) }
        let entry = try entry(origin.state, of: origin.owner)
        guard let state = entry.memory else { throw .unknownState(origin.state) }
        guard !origin.consumes || !entry.isMoving else { throw .moving(origin.state) }
        let lengths = origin.consumes ? state.length ... state.length : state.lengths
        guard lengths.contains(origin.length), tokensMax >= origin.length else {
            throw .stateLength(origin.state, lengths: lengths, found: origin.length, tokensMax: tokensMax)
        }
        try checkLength(tokensMax)
        try requireMemory(
            origin.consumes
                ? state.bytesToTakeOver(shape, tokensMax: tokensMax)
                : shape.size.bytes(tokens: tokensMax, sharing: origin.length))
        if origin.consumes { kept[origin.state] = nil }
        kept[origin.state]?.use(at: now)
        live[key] = LiveState(
            shape, from: state, length: origin.length, tokensMax: tokensMax, takingOver: origin.consumes, book)
        return live[key]?.grantedBytes ?? 0
    }

    /// Lets a sequence reach more positions; fewer than before change nothing.
    ///
    /// - Returns: the bytes granted to the whole sequence.
    mutating func grow(_ key: SequenceKey, tokensMax: Int) throws(AttentionError) -> Int {
        let state = try state(key)
        try checkLength(tokensMax)
        try requireMemory(state.bytesToGrow(tokensMax: tokensMax))
        state.grow(tokensMax: tokensMax)
        return state.grantedBytes
    }

    private func checkLength(_ tokensMax: Int) throws(AttentionError) {
        guard tokensMax > 0, tokensMax <= SequenceLimits.tokensMax else {
            throw .length(tokensMax, limit: SequenceLimits.tokensMax)
        }
    }

    /// - Returns: whether there was such a sequence.
    mutating func close(_ key: SequenceKey) -> Bool { live.removeValue(forKey: key) != nil }

    mutating func closeAll(of router: UInt64) -> Int { live.keys.filter { $0.router == router }.count { close($0) } }

    func state(_ key: SequenceKey) throws(AttentionError) -> LiveState {
        guard let state = live[key] else { throw .unknownSequence(key.id) }
        return state
    }

    /// The sequence's state, if `count` new rows at `start` continue it in `layer`.
    func state(_ key: SequenceKey, layer: Int, start: Int, count: Int) throws(AttentionError) -> LiveState {
        let state = try state(key)
        let length = state.layers[layer].length
        guard start == length else { throw .position(sequence: key.id, layer: layer, expected: length, found: start) }
        guard count > 0, count <= state.tokensMax - length else {
            throw .length(length + count, limit: state.tokensMax)
        }
        return state
    }

    // MARK: kept states

    /// Keeps what a sequence's state is now.
    ///
    /// - Parameter closes: whether the sequence ends, as it then does in any case.
    mutating func keep(
        _ key: SequenceKey, as id: StateID, _ about: KeptEntry.About, closes: Bool, at now: Duration
    ) throws(AttentionError) -> KeptState {
        guard let live = closes ? live.removeValue(forKey: key) : live[key] else { throw .unknownSequence(key.id) }
        guard id != .none, kept[id] == nil else { throw .stateExists(id) }
        guard let length = live.length, length > 0 else { throw .unfinished(key.id) }
        guard about.tokens.isEmpty || about.tokens.count == length else {
            throw .tokens(id, expected: length, found: about.tokens.count)
        }
        if !closes { try requireMemory(live.bytesToKeep(shape)) }
        guard let state = KeptState(of: live) else { throw .unfinished(key.id) }
        if !closes { live.allowCopies() }
        kept[id] = KeptEntry(id: id, about: about, length: length, memory: state, lastUse: now)
        return state
    }

    /// A kept state of this owner; those of others are as unknown as those that never were.
    func entry(_ id: StateID, of owner: String) throws(AttentionError) -> KeptEntry {
        guard let entry = kept[id], entry.about.owner == owner else { throw .unknownState(id) }
        return entry
    }

    /// An owner's kept states, by their ids. Without those of other routers' parked sequences, which have no tokens:
    /// only the router that kept them knows what to do with them.
    func entries(of owner: String, for router: UInt64) -> [KeptEntry] {
        kept.values.filter { $0.about.owner == owner && (!$0.about.tokens.isEmpty || $0.about.router == router) }
            .sorted { $0.id < $1.id }
    }

    /// A state that comes from a file: one that lies on disk since before the service started, or was sent here.
    mutating func adopt(_ entry: KeptEntry) throws(AttentionError) {
        guard !hasEnded else { throw .partChanged }
        if kept[entry.id] == nil { kept[entry.id] = entry }
    }

    /// Closes all sequences and drops all kept states; nothing begins after that.
    ///
    /// - Returns: what was kept.
    mutating func end() -> [KeptEntry] {
        defer { (live, kept, hasEnded) = ([:], [:], true) }
        return Array(kept.values)
    }

    /// - Returns: what there was.
    mutating func drop(_ id: StateID) -> KeptEntry? { kept.removeValue(forKey: id) }

    /// Changes a kept state's entry; of no effect where it is gone.
    mutating func update(_ id: StateID, _ change: (inout KeptEntry) -> Void) {
        if let index = kept.index(forKey: id) { change(&kept.values[index]) }
    }

    /// Kept states that nobody but a router that is gone would ask for.
    func keptOnly(for routers: [UInt64]) -> [StateID] {
        kept.values.filter { $0.about.tokens.isEmpty && routers.contains($0.about.router) }.map(\.id)
    }

    /// Whose states are kept.
    var owners: Set<String> { Set(kept.values.map(\.about.owner)) }

    /// Bytes of files.
    var diskBytes: Int { kept.values.reduce(0) { $0 + $1.diskBytes } }
}

/// Which kept state a sequence begins from.
struct StateOrigin: Sendable {
    let state: StateID
    let owner: String
    /// How many of its tokens.
    let length: Int
    /// Whether the state ends with that.
    var consumes = false
}

enum SequenceLimits {
    /// Far above any model's reach, and small enough to add to.
    static let tokensMax = 1 << 32
}
