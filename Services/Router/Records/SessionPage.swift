/// Some of an account's sessions, in the order in which they were made.
package struct SessionPage: Sendable, Equatable {
    /// Which of them are asked for.
    package struct Request: Sendable {
        /// Most sessions to tell of; at least 1.
        package var limit: Int
        /// Nil: from the first one on; else those that follow this one.
        package var after: SessionID?
        /// Whether the newest comes first.
        package var newestFirst: Bool

        /// The usual values are those of OpenAI's lists.
        package init(limit: Int = 20, after: SessionID? = nil, newestFirst: Bool = true) {
            self.limit = limit
            self.after = after
            self.newestFirst = newestFirst
        }
    }

    /// Without their turns.
    package var sessions: [Session.Facts]
    /// Whether more of them follow.
    package var hasMore: Bool
}
