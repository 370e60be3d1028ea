/// The memory that one download or upload of a snapshot takes in the router, whatever the file's size; counts among the
/// bodies of requests until nobody holds it.
final class SnapshotShare: Sendable {
    /// The part that is on its way to a slow side, and the next one.
    private static let byteCount = 2 * StatePart.bytesMax
    private let budget: BodyBudget
    private let owner: BodyBudget.Owner

    /// - Throws: where too many bodies and snapshots are on their way, of this client or of all.
    init(_ budget: BodyBudget, _ owner: BodyBudget.Owner) throws(APIError) {
        (self.budget, self.owner) = (budget, owner)
        do { try budget.take(Self.byteCount, of: Self.byteCount, for: owner) } catch {
            var error = error
            error.message =
                "Too many snapshots and request bodies are on their way at once. Please try again in a moment."
            throw error
        }
    }

    deinit { budget.give(Self.byteCount, for: owner) }
}
