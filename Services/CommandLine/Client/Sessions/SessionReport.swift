/// What a router tells of a session. In lists, what is told of its messages and states is left out.
package struct SessionReport: Decodable, Sendable, Equatable {
    /// A stretch of the session.
    package struct Message: Decodable, Sendable, Equatable {
        /// Whose it is.
        package var role: String
        /// How many tokens it has.
        package var tokens: Int
        /// How many tokens the session has up to its end.
        package var position: Int
        /// What the model reads for it, control tokens included; nil where it was not asked for.
        package var text: String?
    }

    /// A session that this one, or one before it, was forked from.
    package struct Parent: Decodable, Sendable, Equatable {
        /// The id of the session.
        package var id: String
        /// How many of its tokens were taken over.
        package var tokens: Int
    }

    /// By which it is called.
    package var id: String
    /// Seconds since 1970.
    package var created: Int
    /// Seconds since 1970.
    package var lastUsed: Int
    /// How many tokens it has.
    package var tokens: Int
    /// How many messages it has.
    package var messageCount: Int
    /// What its client noted.
    package var metadata: [String: String]
    /// In order.
    package var messages: [Message]?
    /// The nearest first.
    package var parents: [Parent]?
    /// Of the model's states along its tokens; nil where the router does not tell.
    package var bytesInMemory: Int?
    /// The same of those on disk.
    package var bytesOnDisk: Int?
}

/// Some of the sessions of an account.
package struct SessionListReport: Decodable, Sendable, Equatable {
    /// In the order that was asked for.
    package var data: [SessionReport]
    /// Whether more of them follow.
    package var hasMore: Bool
}

/// Where a session is after a move.
package struct SessionMoveReport: Decodable, Sendable, Equatable {
    /// Of its state, which moved.
    package var tokens: Int
    /// Whether it was elsewhere before.
    package var moved: Bool
    /// The attention services that keep it, each its part of it.
    package var members: [String]
}
