internal import Messages
internal import Synchronization
internal import Tensors

/// Sessions move between memory and disk on a lane of their own, so that other sessions' steps go on meanwhile.
extension AttentionEngine {
    func park(_ request: ParkSessionRequest) async throws -> ParkSessionResponse {
        try await parkingLane.run { [self] in
            let byteCount = try park(request.session)
            releaseFreedMemory()
            return ParkSessionResponse(parkedBytes: byteCount)
        }
    }

    func resume(_ request: ResumeSessionRequest) async throws -> ResumeSessionResponse {
        try await parkingLane.run { [self] in ResumeSessionResponse(reservedBytes: try resume(request.session)) }
    }

    /// - Returns: the bytes on disk.
    private func park(_ id: UInt64) throws -> Int {
        let session = try sessions.withLock { store throws(AttentionError) in try store.beginParking(id) }
        let parked: ParkedSession
        do throws(ParkingError) { parked = try ParkedSession(session, to: makeParkingFile()) } catch {
            try finish(id, as: .open(session), reserved: session.reservedBytes)
            throw AttentionError.parking(id, error)
        }
        try finish(id, as: .parked(parked), reserved: session.reservedBytes)
        return parked.byteCount
    }

    /// - Returns: the bytes of memory reserved.
    private func resume(_ id: UInt64) throws -> Int {
        let (parked, reserved) = try sessions.withLock { store throws(AttentionError) in try store.beginResuming(id) }
        let session: Session
        do throws(ParkingError) { session = try parked.session(config) } catch {
            guard case .damaged = error else {
                try finish(id, as: .parked(parked), reserved: reserved)
                throw AttentionError.resuming(id, error)
            }
            try finish(id, as: nil, reserved: reserved)
            throw AttentionError.lost(id, error)
        }
        try finish(id, as: .open(session), reserved: reserved)
        return reserved
    }

    private func finish(_ id: UInt64, as entry: SessionStore.Entry?, reserved: Int) throws(AttentionError) {
        try sessions.withLock { store throws(AttentionError) in try store.finishMove(of: id, as: entry, reserved: reserved) }
    }
}
