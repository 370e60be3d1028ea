internal import Checkpoint

/// One session: the state of every layer.
final class Session {
    enum LayerState {
        case lightning(LightningState)
        case softmax(KeyValueCache)

        /// Tokens this layer has seen.
        var length: Int {
            switch self {
            case .lightning(let state): state.length
            case .softmax(let cache): cache.length
            }
        }

        var lightning: LightningState? { if case .lightning(let state) = self { state } else { nil } }
        var softmax: KeyValueCache? { if case .softmax(let cache) = self { cache } else { nil } }
    }

    let tokensMax: Int
    let reservedBytes: Int
    let layers: [LayerState]

    init(_ config: ModelConfig, tokensMax: Int) {
        self.tokensMax = tokensMax
        reservedBytes = config.sessionBytes(tokensMax: tokensMax)
        layers = config.layers.map { kind in
            switch kind {
            case .lightning: .lightning(LightningState(headCount: config.headCount, headDimension: config.headDimension))
            case .softmax: .softmax(KeyValueCache(headCount: config.keyValueHeadCount, headDimension: config.headDimension))
            }
        }
    }
}

/// All open sessions, within a budget of memory. What is open was promised its whole length, so no session fails in mid-answer for lack of memory.
struct SessionStore {
    private let config: ModelConfig
    let budgetBytes: Int
    private(set) var reservedBytes = 0
    private var sessions: [UInt64: Session] = [:]

    var count: Int { sessions.count }

    init(_ config: ModelConfig, budgetBytes: Int) {
        self.config = config
        self.budgetBytes = budgetBytes
    }

    mutating func open(_ id: UInt64, tokensMax: Int) throws(AttentionError) -> Int {
        guard sessions[id] == nil else { throw .sessionExists(id) }
        guard tokensMax > 0, tokensMax <= SessionLimits.tokensMax else { throw .length(tokensMax, limit: SessionLimits.tokensMax) }
        let bytes = config.sessionBytes(tokensMax: tokensMax)
        guard bytes <= budgetBytes - reservedBytes else { throw .memory(needed: bytes, free: budgetBytes - reservedBytes, budget: budgetBytes) }
        let session = Session(config, tokensMax: tokensMax)
        sessions[id] = session
        reservedBytes += session.reservedBytes
        return session.reservedBytes
    }

    /// Returns whether there was such a session.
    mutating func close(_ id: UInt64) -> Bool {
        guard let session = sessions.removeValue(forKey: id) else { return false }
        reservedBytes -= session.reservedBytes
        return true
    }

    mutating func closeAll() -> Int {
        defer {
            sessions.removeAll()
            reservedBytes = 0
        }
        return sessions.count
    }

    /// The session, if `count` new rows at `start` continue it in `layer`.
    func session(_ id: UInt64, layer: Int, start: Int, count: Int) throws(AttentionError) -> Session {
        let session = try session(id)
        let length = session.layers[layer].length
        guard start == length else { throw .position(session: id, layer: layer, expected: length, found: start) }
        guard count > 0, count <= session.tokensMax - length else { throw .length(length + count, limit: session.tokensMax) }
        return session
    }

    func session(_ id: UInt64) throws(AttentionError) -> Session {
        guard let session = sessions[id] else { throw .unknownSession(id) }
        return session
    }
}

enum SessionLimits {
    /// Far above any model's reach, and small enough to add to.
    static let tokensMax = 1 << 32
}
