internal import Messages
internal import Synchronization
internal import Tensors

/// Sessions move between memory and disk on a lane of their own, so that other sessions' steps go on meanwhile.
extension AttentionEngine {
    func park(_ request: ParkSessionRequest) async throws -> ParkSessionResponse {
        let key = key(request.router, request.session)
        return try await parkingLane.run { [self] in
            let byteCount = try park(key)
            releaseFreedMemory()
            return ParkSessionResponse(parkedBytes: byteCount)
        }
    }

    func resume(_ request: ResumeSessionRequest) async throws -> ResumeSessionResponse {
        let key = key(request.router, request.session)
        return try await parkingLane.run { [self] in
            ResumeSessionResponse(reservedBytes: try resume(key, tokensMax: request.tokensMax))
        }
    }

    /// - Returns: the bytes on disk.
    private func park(_ key: SessionKey) throws -> Int {
        let session = try sessions.withLock { store throws(AttentionError) in try store.beginParking(key) }
        let parked: ParkedSession
        do throws(ParkingError) { parked = try ParkedSession(session, to: makeParkingFile()) } catch {
            try finish(key, as: .open(session))
            throw AttentionError.parking(key.id, error)
        }
        try finish(key, as: .parked(parked))
        return parked.byteCount
    }

    /// - Returns: the bytes of memory reserved.
    private func resume(_ key: SessionKey, tokensMax: Int) throws -> Int {
        let (parked, tokensMax) = try sessions.withLock { store throws(AttentionError) in
            try store.beginResuming(key, tokensMax: tokensMax)
        }
        let session: Session
        do throws(ParkingError) { session = try parked.session(config, tokensMax: tokensMax) } catch {
            guard case .damaged = error else {
                try finish(key, as: .parked(parked))
                throw AttentionError.resuming(key.id, error)
            }
            try finish(key, as: nil)
            throw AttentionError.lost(key.id, error)
        }
        try finish(key, as: .open(session))
        return session.reservedBytes
    }

    private func finish(_ key: SessionKey, as entry: SessionStore.Entry?) throws(AttentionError) {
        try sessions.withLock { store throws(AttentionError) in try store.finishMove(of: key, as: entry) }
    }
}
