/// What must outlive the processes: the sessions that clients can name. All calls of an account see that account's
/// sessions only; those of others are unknown to it.
///
/// A call that returns has stored what it says, as safely as the medium can. A call that throws has changed nothing.
package protocol Records: Sendable {
    /// Stores a new session.
    ///
    /// - Throws: `RecordsError.taken`, `.unavailable`.
    func create(_ session: Session) async throws

    /// The session with all its turns; nil where the account has none of this id.
    ///
    /// - Throws: `RecordsError.unavailable`, `.damaged`.
    func session(_ id: SessionID, of account: String) async throws -> Session?

    /// Some of the account's sessions, without their turns.
    ///
    /// - Throws: `RecordsError.unknown` where `page.after` names no session; `.unavailable`, `.damaged`.
    func sessions(of account: String, _ page: PageRequest<SessionID>) async throws -> Page<Session.Facts>

    /// The session that this one was forked from, the one that that was forked from, and so on, as far as they are
    /// still there; the last one may be gone. At most `lineageMax` of them.
    ///
    /// - Throws: `RecordsError.unavailable`, `.damaged`.
    func parents(of id: SessionID, of account: String) async throws -> [Session.Parent]

    /// Adds turns at the end.
    ///
    /// - Parameters:
    ///   - version: the one that the caller has read.
    ///   - time: seconds since 1970.
    /// - Returns: what is known about the session now.
    /// - Throws: `RecordsError.unknown`, `.changed`, `.unavailable`.
    func append(
        _ turns: [Session.Turn], to id: SessionID, of account: String, expecting version: Int, at time: Int
    ) async throws -> Session.Facts

    /// Keeps the first `count` tokens.
    ///
    /// - Parameters:
    ///   - version: the one that the caller has read.
    ///   - time: seconds since 1970.
    /// - Returns: what is known about the session now.
    /// - Throws: `RecordsError.unknown`, `.changed`, `.beyondEnd`, `.unavailable`, `.damaged`.
    func cut(
        _ id: SessionID, of account: String, to count: Int, expecting version: Int, at time: Int
    ) async throws -> Session.Facts

    /// Forgets a session for ever. Its forks stay.
    ///
    /// - Throws: `RecordsError.unknown`, `.unavailable`.
    func delete(_ id: SessionID, of account: String) async throws
}

/// How far back a chain of forks is followed.
package let lineageMax = 100
