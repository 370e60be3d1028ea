/// The responses, conversations and chat completions that clients can ask for later. All calls of an account see that
/// account's objects only; those of others are unknown to it.
///
/// A call that returns has stored what it says, as safely as the medium can. A call that throws has changed nothing.
package protocol ObjectRecords: Sendable {
    /// Stores a new object with its items, and adds some to a conversation of the same account.
    ///
    /// - Throws: `RecordsError.unknownObject` where there is no such conversation, `.unavailable`.
    func create(_ object: StoredObject, _ items: [StoredItem], adding: ConversationAddition?) async throws

    /// Stores what an object says now, and adds items to it and to a conversation.
    ///
    /// - Parameter dropping: the lists whose items go first.
    /// - Throws: `RecordsError.unknownObject` where the object is gone, or is a response on which work is over, or the
    ///   conversation is gone; `.unavailable`.
    func update(
        _ object: StoredObject, _ items: [StoredItem], dropping: Set<StoredItem.List>, adding: ConversationAddition?
    ) async throws

    /// The object without its items; nil where the account has none of this id and kind.
    ///
    /// - Throws: `RecordsError.unavailable`, `.damaged`.
    func object(_ id: String, _ kind: StoredObject.Kind, of account: String) async throws -> StoredObject?

    /// All items of some lists of an object, list by list; none where there is no such object.
    ///
    /// - Throws: `RecordsError.unavailable`, `.damaged`.
    func items(of id: String, of account: String, _ lists: [StoredItem.List]) async throws -> [StoredItem]

    /// What was said up to the end of a response: the input and output of the first one of its chain, of the second,
    /// and so on.
    ///
    /// - Throws: `RecordsError.unknownObject` where a response of the chain is gone, `.chainTooLong`, `.unavailable`,
    ///   `.damaged`.
    func chain(to id: String, of account: String) async throws -> [StoredItem]

    /// Some items of a list.
    ///
    /// - Throws: `RecordsError.unknownItem` where `page.after` names no item of it; `.unavailable`, `.damaged`.
    func page(
        _ page: ItemPage.Request, of id: String, of account: String, _ list: StoredItem.List
    ) async throws -> ItemPage

    /// The newest item of this id among what clients can name: input, output and items of conversations.
    ///
    /// - Throws: `RecordsError.unavailable`, `.damaged`.
    func item(_ id: String, of account: String) async throws -> StoredItem?

    /// Forgets an item of a conversation.
    ///
    /// - Throws: `RecordsError.unknownItem`, `.unavailable`.
    func deleteItem(_ item: String, of id: String, of account: String) async throws

    /// Forgets an object for ever, with its items.
    ///
    /// - Throws: `RecordsError.unknownObject`, `.unavailable`.
    func delete(_ id: String, _ kind: StoredObject.Kind, of account: String) async throws

    /// Some of the account's objects of a kind, without their items.
    ///
    /// - Throws: `RecordsError.unknownObject` where `page.after` names none of them; `.unavailable`, `.damaged`.
    func objects(
        _ kind: StoredObject.Kind, of account: String, _ page: ItemPage.Request
    ) async throws -> ObjectPage

    /// The objects of all accounts on which work was not over, in the order in which they were made.
    ///
    /// - Throws: `RecordsError.unavailable`, `.damaged`.
    func openObjects() async throws -> [StoredObject]
}

/// Most responses of a chain.
package let chainMax = 1000
