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

/// By what an object is found.
package struct ObjectName: Sendable, Hashable {
    /// By which clients call it.
    package var id: String
    /// Whose it is.
    package var account: String

    /// Takes both as they are.
    package init(id: String, account: String) {
        self.id = id
        self.account = account
    }
}

extension StoredObject {
    /// By what it is found.
    package var name: ObjectName { ObjectName(id: id, account: account) }

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

        /// Whether clients can name its items.
        var isPublic: Bool { self == .input || self == .output || self == .conversation }
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
