internal import NIOCore
internal import NIOPosix
internal import Synchronization
internal import Tensors

/// How many bytes of request bodies may be held at a time: by all clients together, and by each of them.
///
/// What does not fit is refused at once: bodies that waited for each other in the middle would all wait for ever.
final class BodyBudget: Sendable {
    /// Whose body it is: an API key's, or, where everybody is let in, an address's.
    enum Owner: Hashable { case key(Int), address(String) }

    private struct Held {
        var total = 0
        var byOwner: [Owner: Int] = [:]
        var trimIsDue = false
    }
    let bytesMax: Int
    let ownerBytesMax: Int
    private let held = Mutex(Held())

    /// - Parameter bodyBytesMax: what one body may have; one always fits, and a quarter of all is each owner's share.
    init(bytesMax: Int, bodyBytesMax: Int) {
        self.bytesMax = max(bytesMax, bodyBytesMax)
        ownerBytesMax = max(self.bytesMax / 4, bodyBytesMax)
    }

    var bytesHeld: Int { held.withLock { $0.total } }

    /// The last quarter is kept for small bodies: large ones that are sent slowly keep nobody's small request out.
    private static let smallBytes = 1 << 20

    /// - Parameter sum: bytes of the body so far, these included.
    func take(_ count: Int, of sum: Int, for owner: Owner) throws(APIError) {
        let limit = sum > Self.smallBytes ? max(bytesMax / 4 * 3, ownerBytesMax) : bytesMax
        let refusal: APIError? = held.withLock { held in
            let owned = held.byOwner[owner, default: 0] + count
            if owned > ownerBytesMax { return .bodiesTooMany(limit: ownerBytesMax, ofOwner: true) }
            if held.total + count > limit { return .bodiesTooMany(limit: limit, ofOwner: false) }
            held.byOwner[owner] = owned
            held.total += count
            return nil
        }
        if let refusal { throw refusal }
    }

    func give(_ count: Int, for owner: Owner) {
        let trims = held.withLock { held in
            held.total -= count
            let owned = held.byOwner[owner, default: 0] - count
            held.byOwner[owner] = owned > 0 ? owned : nil
            guard count >= Self.largeBytes, !held.trimIsDue else { return false }
            held.trimIsDue = true
            return true
        }
        if trims { trimSoon() }
    }

    /// From here on freed memory is worth giving back to the system.
    private static let largeBytes = 1 << 20
    private static let trimDelay = TimeAmount.seconds(1)

    /// Once for all large bodies of a second; what was made of them is gone by then, too.
    private func trimSoon() {
        MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: Self.trimDelay) {
            self.held.withLock { $0.trimIsDue = false }
            NIOThreadPool.singleton.submit { _ in releaseFreedMemory() }
        }
    }
}

/// A share of the budget; it is given back when the last one lets go of it.
final class BodyShare: Sendable {
    private let budget: BodyBudget
    private let owner: BodyBudget.Owner
    private let taken = Mutex(0)

    init(_ budget: BodyBudget, _ owner: BodyBudget.Owner) { (self.budget, self.owner) = (budget, owner) }

    deinit {
        let taken = taken.withLock { $0 }
        if taken > 0 { budget.give(taken, for: owner) }
    }

    var bytes: Int { taken.withLock { $0 } }

    func take(_ count: Int) throws(APIError) {
        let sum = bytes + count
        try budget.take(count, of: sum, for: owner)
        taken.withLock { $0 += count }
    }
}

/// A body that is being read or used; counts until the last one lets go of it, or of its share.
final class HeldBody {
    private(set) var bytes: [UInt8] = []
    /// For whoever keeps what the body said for longer than its bytes.
    let share: BodyShare
    /// An announcement is only words: room for a usual body, not for the largest.
    private static let reservedMax = 256 << 10

    init(_ budget: BodyBudget, _ owner: BodyBudget.Owner) { share = BodyShare(budget, owner) }

    /// - Parameter announced: bytes to come in all, as far as known.
    func append(_ buffer: ByteBuffer, announced: Int?) throws(APIError) {
        try share.take(buffer.readableBytes)
        if bytes.isEmpty, let announced { bytes.reserveCapacity(min(announced, Self.reservedMax)) }
        bytes.append(contentsOf: buffer.readableBytesView)
    }

    /// Drops the mark that some editors write before a text (RFC 8259, section 8.1).
    func dropByteOrderMark() throws(APIError) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return bytes.removeFirst(3) }
        guard bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) else { return }
        throw APIError(message: "The request body is UTF-16 text, expected UTF-8.", code: "invalid_json")
    }
}
