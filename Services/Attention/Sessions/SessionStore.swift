internal import Checkpoint

/// All sessions, those in memory within a budget of it. What is open was promised its whole length, so no session fails in mid-answer for lack of memory.
struct SessionStore {
    enum Entry {
        case open(Session)
        /// On its way to disk or back; its memory is reserved.
        case moving(isClosed: Bool)
        case parked(ParkedSession)
    }

    private let config: ModelConfig
    let budgetBytes: Int
    private(set) var reservedBytes = 0
    private var entries: [UInt64: Entry] = [:]

    /// Sessions in memory.
    var count: Int { entries.count - parked.count }
    /// Sessions on disk.
    var parked: [ParkedSession] { entries.values.compactMap { if case .parked(let session) = $0 { session } else { nil } } }

    init(_ config: ModelConfig, budgetBytes: Int) {
        self.config = config
        self.budgetBytes = budgetBytes
    }

    mutating func open(_ id: UInt64, tokensMax: Int) throws(AttentionError) -> Int {
        guard entries[id] == nil else { throw .sessionExists(id) }
        guard tokensMax > 0, tokensMax <= SessionLimits.tokensMax else { throw .length(tokensMax, limit: SessionLimits.tokensMax) }
        let bytes = try reserve(tokensMax: tokensMax)
        entries[id] = .open(Session(config, tokensMax: tokensMax))
        return bytes
    }

    private mutating func reserve(tokensMax: Int) throws(AttentionError) -> Int {
        let bytes = config.sessionBytes(tokensMax: tokensMax)
        guard bytes <= budgetBytes - reservedBytes else { throw .memory(needed: bytes, free: budgetBytes - reservedBytes, budget: budgetBytes) }
        reservedBytes += bytes
        return bytes
    }

    /// Returns whether there was such a session.
    mutating func close(_ id: UInt64) -> Bool {
        switch entries[id] {
        case nil, .moving(isClosed: true): return false
        case .moving(isClosed: false): entries[id] = .moving(isClosed: true)
        case .open(let session):
            entries[id] = nil
            reservedBytes -= session.reservedBytes
        case .parked: entries[id] = nil
        }
        return true
    }

    mutating func closeAll() -> Int { Array(entries.keys).count { close($0) } }

    /// The session, if `count` new rows at `start` continue it in `layer`.
    func session(_ id: UInt64, layer: Int, start: Int, count: Int) throws(AttentionError) -> Session {
        let session = try session(id)
        let length = session.layers[layer].length
        guard start == length else { throw .position(session: id, layer: layer, expected: length, found: start) }
        guard count > 0, count <= session.tokensMax - length else { throw .length(length + count, limit: session.tokensMax) }
        return session
    }

    func session(_ id: UInt64) throws(AttentionError) -> Session {
        switch entries[id] {
        case .open(let session): return session
        case .parked: throw .parked(id)
        case .moving(isClosed: false): throw .moving(id)
        case nil, .moving(isClosed: true): throw .unknownSession(id)
        }
    }
}

/// Parking: a session is taken out, moved by someone else, and given back.
extension SessionStore {
    /// Takes an open session out, still with its memory reserved.
    mutating func beginParking(_ id: UInt64) throws(AttentionError) -> Session {
        let session = try session(id)
        entries[id] = .moving(isClosed: false)
        return session
    }

    /// Takes a parked session out, with its memory reserved: so many bytes.
    mutating func beginResuming(_ id: UInt64) throws(AttentionError) -> (ParkedSession, reservedBytes: Int) {
        guard case .parked(let parked) = entries[id] else {
            _ = try session(id)
            throw .notParked(id)
        }
        let bytes = try reserve(tokensMax: parked.tokensMax)
        entries[id] = .moving(isClosed: false)
        return (parked, bytes)
    }

    /// Puts back what was taken out; what is not open gives back the `reserved` bytes.
    ///
    /// - Parameter entry: nil: the session is lost.
    /// - Throws: `unknownSession` when it was closed meanwhile.
    mutating func finishMove(of id: UInt64, as entry: Entry?, reserved: Int) throws(AttentionError) {
        guard case .moving(isClosed: false) = entries[id] else {
            entries[id] = nil
            reservedBytes -= reserved
            throw .unknownSession(id)
        }
        entries[id] = entry
        if case .open = entry { return }
        reservedBytes -= reserved
    }
}

enum SessionLimits {
    /// Far above any model's reach, and small enough to add to.
    static let tokensMax = 1 << 32
}
