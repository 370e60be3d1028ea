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
    /// - Parameter bytesMax: most bytes of all of them.
    /// - Throws: `RecordsError.tooLarge`, `.unavailable`, `.damaged`.
    func items(
        of id: String, of account: String, _ lists: [StoredItem.List], bytesMax: Int
    ) async throws -> [StoredItem]

    /// What was said up to the end of a response: the input and output of the first one of its chain, of the second,
    /// and so on.
    ///
    /// - Parameter bytesMax: most bytes of all of it.
    /// - Throws: `RecordsError.unknownObject` where a response of the chain is gone, `.chainTooLong`, `.tooLarge`,
    ///   `.unavailable`, `.damaged`.
    func chain(to id: String, of account: String, bytesMax: Int) async throws -> [StoredItem]

    /// Some items of a list.
    ///
    /// - Throws: `RecordsError.unknownItem` where `page.after` names no item of it; `.unavailable`, `.damaged`.
    func page(
        _ page: PageRequest<String>, of id: String, of account: String, _ list: StoredItem.List
    ) async throws -> Page<StoredItem>

    /// The newest items of these ids among what clients can name: input, output and items of conversations.
    ///
    /// - Parameters:
    ///   - ids: the same one may stand there several times.
    ///   - bytesMax: most bytes of all of them.
    /// - Throws: `RecordsError.unknownItem`, `.tooLarge`, `.unavailable`, `.damaged`.
    func items(named ids: [String], of account: String, bytesMax: Int) async throws -> [StoredItem]

    /// The newest item of this id of a conversation; nil where it has none.
    ///
    /// - Throws: `RecordsError.unavailable`.
    func item(_ item: String, of id: String, of account: String) async throws -> StoredItem?

    /// Adds items at the end of a conversation, and changes nothing else of it.
    ///
    /// - Throws: `RecordsError.unknownObject`, `.unavailable`.
    func add(_ addition: ConversationAddition, of account: String) async throws

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
        _ kind: StoredObject.Kind, of account: String, _ page: PageRequest<String>
    ) async throws -> Page<StoredObject>

    /// The responses of all accounts on which work was not over, in the order in which they were made.
    ///
    /// - Throws: `RecordsError.unavailable`.
    func openResponses() async throws -> [ObjectName]

    /// Forgets responses and chat completions that were made before some moment, unless work on them goes on.
    /// Conversations stay.
    ///
    /// - Parameters:
    ///   - moment: seconds since 1970.
    ///   - countMax: most of them at a time, since others wait meanwhile.
    /// - Returns: how many have gone.
    /// - Throws: `RecordsError.unavailable`.
    func expire(before moment: Int, countMax: Int) async throws -> Int
}

extension ObjectRecords {
    /// All items of some lists of an object, however many bytes they have.
    package func items(
        of id: String, of account: String, _ lists: [StoredItem.List]
    ) async throws -> [StoredItem] {
        try await items(of: id, of: account, lists, bytesMax: .max)
    }
}

/// Most responses of a chain.
package let chainMax = 1000
