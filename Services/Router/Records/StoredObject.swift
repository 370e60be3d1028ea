/// Something that a client can ask for by its id later. What it says is JSON text, which records do not read.
package struct StoredObject: Sendable, Equatable {
    /// What it is.
    package enum Kind: String, Sendable {
        /// An answer, with what it answers.
        case response
        /// Items that several responses share.
        case conversation
        /// An answer to a chat.
        case completion
    }

    /// By which clients call it; no other object has it.
    package var id: String
    /// Objects of other kinds are not found by its id.
    package var kind: Kind
    /// Whose it is; nobody else learns that it exists.
    package var account: String
    /// Seconds since 1970.
    package var created: Int
    /// The response that it goes on from.
    package var parent: String?
    /// Whether work on it goes on.
    package var isOpen: Bool
    /// JSON text.
    package var body: String

    /// Takes all as it is.
    package init(
        id: String, kind: Kind, account: String, created: Int, parent: String? = nil, isOpen: Bool = false,
        body: String
    ) {
        self.id = id
        self.kind = kind
        self.account = account
        self.created = created
        self.parent = parent
        self.isOpen = isOpen
        self.body = body
    }
}

extension StoredObject {
    /// A response is made once.
    var mayChange: Bool { kind != .response || isOpen }
}

/// One of the things that belong to an object, in order.
package struct StoredItem: Sendable, Equatable {
    /// To which of the object's lists it belongs.
    package enum List: String, Sendable {
        /// What a response answers.
        case input
        /// What it says.
        case output
        /// What a conversation has.
        case conversation
        /// The events of a response, as they were sent.
        case events
        /// What is needed to make a response once more.
        case request
    }

    /// By which clients call it. Others may have it too, if a client sends one twice.
    package var id: String
    /// Each list has an order of its own.
    package var list: List
    /// JSON text, or for events their text.
    package var body: String

    /// Takes all as it is.
    package init(id: String, list: List, body: String) {
        self.id = id
        self.list = list
        self.body = body
    }
}

/// Some of an object's items.
package struct ItemPage: Sendable, Equatable {
    /// Which of them are asked for.
    package struct Request: Sendable {
        /// Most items to tell of; at least 1.
        package var limit: Int
        /// Nil: from the first one on; else those that follow the one of this id.
        package var after: String?
        /// Whether the newest comes first.
        package var newestFirst: Bool

        /// The usual values are those of OpenAI's lists.
        package init(limit: Int = 20, after: String? = nil, newestFirst: Bool = true) {
            self.limit = limit
            self.after = after
            self.newestFirst = newestFirst
        }
    }

    /// In the order asked for.
    package var items: [StoredItem]
    /// Whether more of them follow.
    package var hasMore: Bool

    /// Takes both as they are.
    package init(items: [StoredItem], hasMore: Bool) {
        self.items = items
        self.hasMore = hasMore
    }
}

/// Some of an account's objects.
package struct ObjectPage: Sendable, Equatable {
    /// In the order asked for.
    package var objects: [StoredObject]
    /// Whether more of them follow.
    package var hasMore: Bool

    /// Takes both as they are.
    package init(objects: [StoredObject], hasMore: Bool) {
        self.objects = objects
        self.hasMore = hasMore
    }
}

/// Items that are to stand at the end of a conversation.
package struct ConversationAddition: Sendable {
    /// Of the conversation.
    package var id: String
    /// In order.
    package var items: [StoredItem]

    /// Takes both as they are.
    package init(id: String, items: [StoredItem]) {
        self.id = id
        self.items = items
    }
}
