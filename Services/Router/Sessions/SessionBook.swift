internal import Foundation
internal import Records

/// The sessions of all clients. What an account may see and do is decided here and in the records.
final class SessionBook: Sendable {
    private let records: any Records
    private let locks = SessionLocks()
    /// A digest of the tokenizer; what another one has made is text of another meaning.
    private let tokenizer: String

    init(_ records: any Records, tokenizer: String) { (self.records, self.tokenizer) = (records, tokenizer) }

    private static var now: Int { Int(Date.now.timeIntervalSince1970) }

    /// Stores a new session.
    func create(_ turns: [Session.Turn], metadata: [String: String], of account: String) async throws -> Session {
        let facts = Session.Facts(account: account, tokenizer: tokenizer, created: Self.now, metadata: metadata)
        let session = Session(facts: facts, turns: turns)
        try await records.create(session)
        return session
    }

    /// - Parameter id: as the client gave it.
    /// - Throws: `SessionRefusal.unknown`, `RecordsError`.
    func session(_ id: String, of account: String) async throws -> Session {
        guard let known = SessionID(id), let session = try await records.session(known, of: account) else {
            throw SessionRefusal.unknown(id)
        }
        return session
    }

    /// A session that no request is at work on at this moment.
    ///
    /// - Throws: `SessionRefusal`, `RecordsError`.
    func resting(_ id: String, of account: String) async throws -> Session {
        let session = try await session(id, of: account)
        try lock(session.facts.id).release()
        return session
    }

    /// Some of the account's sessions.
    func list(_ page: PageRequest<SessionID>, of account: String) async throws -> Page<Session.Facts> {
        try await records.sessions(of: account, page)
    }

    /// The sessions that this one was forked from, the nearest first.
    func parents(of session: Session) async throws -> [Session.Parent] {
        guard session.facts.parent != nil else { return [] }
        return try await records.parents(of: session.facts.id, of: session.facts.account)
    }

    /// A new session that has the first tokens of `session`; its states are found by these tokens.
    ///
    /// - Throws: `SessionRefusal.otherTokenizer`, `RecordsError`.
    func fork(_ session: Session, at tokens: Int, metadata: [String: String]) async throws -> Session {
        try requireTokenizer(of: session)
        let facts = Session.Facts(
            account: session.facts.account, tokenizer: tokenizer, created: Self.now, metadata: metadata,
            parent: Session.Parent(id: session.facts.id, tokens: tokens))
        let fork = Session(facts: facts, turns: Session.prefix(session.turns, tokens: tokens))
        try await records.create(fork)
        return fork
    }

    /// Cuts a session back.
    ///
    /// - Parameter point: how many tokens of the session are to be left.
    /// - Throws: `SessionRefusal`, `RecordsError`, what `point` throws.
    func rewind(_ id: String, of account: String, to point: (Session) throws -> Int) async throws -> Session {
        let lock = try lock(try await session(id, of: account).facts.id)
        defer { lock.release() }
        var session = try await session(id, of: account)
        try requireTokenizer(of: session)
        let tokens = try point(session), time = Self.now
        _ = try await records.cut(
            session.facts.id, of: account, to: tokens, expecting: session.facts.version, at: time)
        session.cut(to: tokens, at: time)
        return session
    }

    /// Forgets a session.
    func delete(_ id: String, of account: String) async throws {
        let known = try await session(id, of: account).facts.id
        let lock = try lock(known)
        defer { lock.release() }
        try await records.delete(known, of: account)
    }

    /// Begins to answer a request that continues a session.
    ///
    /// - Throws: `SessionRefusal`, `RecordsError`.
    func begin(_ addition: SessionAddition, of account: String) async throws -> SessionExchange {
        let known = try await session(addition.id, of: account).facts.id
        let lock = try lock(known)
        let session = try await session(addition.id, of: account)
        try requireTokenizer(of: session)
        return SessionExchange(session, addition, self, lock)
    }

    /// Refuses a session whose tokens mean something else here.
    func requireTokenizer(of session: Session) throws(SessionRefusal) {
        guard session.facts.tokenizer == tokenizer else { throw .otherTokenizer(session.facts.id) }
    }

    /// Adds turns to a session that has not changed since its facts were read.
    func append(_ turns: [Session.Turn], to facts: Session.Facts) async throws {
        _ = try await records.append(
            turns, to: facts.id, of: facts.account, expecting: facts.version, at: Self.now)
    }

    private func lock(_ id: SessionID) throws(SessionRefusal) -> SessionLocks.Lock {
        guard let lock = locks.take(id) else { throw .busy(id) }
        return lock
    }
}

/// Why a session cannot be used.
enum SessionRefusal: Error, Equatable {
    /// There is none of this id, or it is somebody else's, which nobody is told; as the client spelled it.
    case unknown(String)
    /// Another request is at work on it.
    case busy(SessionID)
    /// Its tokens were made by another tokenizer than the model's.
    case otherTokenizer(SessionID)
}
