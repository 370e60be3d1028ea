internal import Records
internal import Synchronization

/// One request that continues a session, from its question to its answer. Nobody else changes the session meanwhile.
final class SessionExchange: Sendable {
    /// As it was when the request began.
    let session: Session
    private let addition: SessionAddition
    private let book: SessionBook
    private let lock: SessionLocks.Lock
    private let isOver = Mutex(false)

    init(_ session: Session, _ addition: SessionAddition, _ book: SessionBook, _ lock: SessionLocks.Lock) {
        (self.session, self.addition, self.book, self.lock) = (session, addition, book, lock)
    }

    /// What the model is given.
    var prompt: SessionPrompt { addition.prompt(after: session.turns) }

    /// Stores what the client said and what it was answered, and lets the next request in. Of no effect the second
    /// time, or after `end`.
    ///
    /// The task that waits for it may be cancelled, since clients hang up: the answer is stored all the same.
    /// - Parameter answer: its tokens, as far as there are any.
    /// - Throws: `RecordsError`; then the session is as it was.
    func store(_ answer: [Int32]) async throws {
        guard begin() else { return }
        defer { lock.release() }
        let turns = addition.turns(answeredBy: answer)
        try await Task { [book, session] in try await book.append(turns, to: session.facts) }.value
    }

    /// Leaves the session as it was, and lets the next request in.
    func end() { if begin() { lock.release() } }

    private func begin() -> Bool {
        isOver.withLock { isOver in
            defer { isOver = true }
            return !isOver
        }
    }
}
