internal import Checkpoint

/// A session's name: two routers may use the same number.
struct SessionKey: Hashable, Sendable {
    let router: UInt64
    let id: UInt64
}

/// All sessions, those in memory within a budget of it. What an open session may reach is reserved; it grows when its
/// router asks for it.
struct SessionStore {
    enum Entry {
        case open(Session)
        /// On its way to disk or back; its memory is reserved.
        case moving(isClosed: Bool, reservedBytes: Int)
        case parked(ParkedSession)

        /// Of the budget.
        var reservedBytes: Int {
            switch self {
            case .open(let session): session.reservedBytes
            case .moving(_, let bytes): bytes
            case .parked: 0
            }
        }
    }

    private let config: ModelConfig
    let budgetBytes: Int
    private(set) var reservedBytes = 0
    private var entries: [SessionKey: Entry] = [:]

    /// Sessions in memory.
    var count: Int { entries.count - parked.count }
    /// Sessions on disk.
    var parked: [ParkedSession] {
        entries.values.compactMap { if case .parked(let session) = $0 { session } else { nil } }
    }

    init(_ config: ModelConfig, budgetBytes: Int) {
        self.config = config
        self.budgetBytes = budgetBytes
    }

    /// What sessions of all routers but this one have reserved.
    func bytes(ofOthersThan router: UInt64) -> Int {
        entries.reduce(0) { $0 + ($1.key.router == router ? 0 : $1.value.reservedBytes) }
    }

    mutating func open(_ key: SessionKey, tokensMax: Int) throws(AttentionError) -> Int {
        guard entries[key] == nil else { throw .sessionExists(key.id) }
        let bytes = try reserve(tokensMax: tokensMax)
        entries[key] = .open(Session(config, tokensMax: tokensMax))
        return bytes
    }

    /// Lets an open session reach more positions; fewer than before change nothing.
    ///
    /// - Returns: the bytes reserved for the whole session.
    mutating func grow(_ key: SessionKey, tokensMax: Int) throws(AttentionError) -> Int {
        let session = try session(key)
        guard tokensMax > session.tokensMax else { return session.reservedBytes }
        let bytes = try reserve(tokensMax: tokensMax, beyond: session.reservedBytes)
        session.grow(tokensMax: tokensMax, reservedBytes: bytes)
        return bytes
    }

    /// - Parameter held: what is reserved for the session already.
    /// - Returns: the bytes of the whole session.
    private mutating func reserve(tokensMax: Int, beyond held: Int = 0) throws(AttentionError) -> Int {
        guard tokensMax > 0, tokensMax <= SessionLimits.tokensMax else {
            throw .length(tokensMax, limit: SessionLimits.tokensMax)
        }
        let bytes = config.sessionBytes(tokensMax: tokensMax), free = budgetBytes - reservedBytes
        guard bytes - held <= free else { throw .memory(needed: bytes - held, free: free, budget: budgetBytes) }
        reservedBytes += bytes - held
        return bytes
    }

    /// Returns whether there was such a session.
    mutating func close(_ key: SessionKey) -> Bool {
        switch entries[key] {
        case nil, .moving(isClosed: true, _): return false
        case .moving(isClosed: false, let bytes): entries[key] = .moving(isClosed: true, reservedBytes: bytes)
        case .open(let session):
            entries[key] = nil
            reservedBytes -= session.reservedBytes
        case .parked: entries[key] = nil
        }
        return true
    }

    mutating func closeAll(of router: UInt64) -> Int { entries.keys.filter { $0.router == router }.count { close($0) } }

    /// The session, if `count` new rows at `start` continue it in `layer`.
    func session(_ key: SessionKey, layer: Int, start: Int, count: Int) throws(AttentionError) -> Session {
        let session = try session(key)
        let length = session.layers[layer].length
        guard start == length else { throw .position(session: key.id, layer: layer, expected: length, found: start) }
        guard count > 0, count <= session.tokensMax - length else {
            throw .length(length + count, limit: session.tokensMax)
        }
        return session
    }

    func session(_ key: SessionKey) throws(AttentionError) -> Session {
        switch entries[key] {
        case .open(let session): return session
        case .parked: throw .parked(key.id)
        case .moving(isClosed: false, _): throw .moving(key.id)
        case nil, .moving(isClosed: true, _): throw .unknownSession(key.id)
        }
    }
}

/// Parking: a session is taken out, moved by someone else, and given back.
extension SessionStore {
    /// Takes an open session out, still with its memory reserved.
    mutating func beginParking(_ key: SessionKey) throws(AttentionError) -> Session {
        let session = try session(key)
        entries[key] = .moving(isClosed: false, reservedBytes: session.reservedBytes)
        return session
    }

    /// Takes a parked session out, with memory reserved for the positions that it may reach from now on.
    ///
    /// - Parameter tokensMax: 0: as many as before.
    mutating func beginResuming(
        _ key: SessionKey, tokensMax: Int
    ) throws(AttentionError) -> (ParkedSession, tokensMax: Int) {
        guard case .parked(let parked) = entries[key] else {
            _ = try session(key)
            throw .notParked(key.id)
        }
        let tokensMax = tokensMax == 0 ? parked.tokensMax : max(tokensMax, parked.length)
        entries[key] = .moving(isClosed: false, reservedBytes: try reserve(tokensMax: tokensMax))
        return (parked, tokensMax)
    }

    /// Puts back what was taken out; what is not open gives back its memory.
    ///
    /// - Parameter entry: nil: the session is lost.
    /// - Throws: `unknownSession` when it was closed meanwhile.
    mutating func finishMove(of key: SessionKey, as entry: Entry?) throws(AttentionError) {
        let reserved = entries[key]?.reservedBytes ?? 0
        guard case .moving(isClosed: false, _) = entries[key] else {
            entries[key] = nil
            reservedBytes -= reserved
            throw .unknownSession(key.id)
        }
        entries[key] = entry
        if case .open = entry { return }
        reservedBytes -= reserved
    }
}

enum SessionLimits {
    /// Far above any model's reach, and small enough to add to.
    static let tokensMax = 1 << 32
}
