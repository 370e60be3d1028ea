extension Session {
    /// Where a session was forked from.
    package struct Parent: Sendable, Equatable {
        /// The session that it began as a copy of; it may be gone by now.
        package var id: SessionID
        /// How many of its tokens were taken over.
        package var tokens: Int

        /// Takes both as they are.
        package init(id: SessionID, tokens: Int) {
            self.id = id
            self.tokens = tokens
        }
    }

    /// What is known about a session without reading its turns.
    package struct Facts: Sendable, Equatable {
        /// By which clients call it.
        package var id: SessionID
        /// Whose it is; nobody else learns that it exists.
        package var account: String
        /// Which tokenizer has made its tokens: a digest of it.
        package let tokenizer: String
        /// Seconds since 1970.
        package var created: Int
        /// Seconds since 1970; when it was made, continued or cut back last.
        package var lastUsed: Int
        /// Goes up with every change of the turns, so that of two changes at once one is refused.
        package var version = 0
        /// What the client noted about it; the server makes nothing of it.
        package var metadata: [String: String]
        /// Nil: it is nobody's fork.
        package var parent: Parent?
        /// How many tokens it has.
        package var tokens = 0
        /// How many turns it has.
        package var turns = 0

        /// The facts of a new session.
        ///
        /// - Parameters:
        ///   - tokenizer: a digest of it.
        ///   - created: seconds since 1970.
        package init(
            id: SessionID = SessionID(), account: String, tokenizer: String, created: Int,
            metadata: [String: String] = [:], parent: Parent? = nil
        ) {
            self.id = id
            self.account = account
            self.tokenizer = tokenizer
            self.created = created
            lastUsed = created
            self.metadata = metadata
            self.parent = parent
        }
    }
}
