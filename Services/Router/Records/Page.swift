/// Which part of a list is asked for.
package struct PageRequest<ID: Sendable>: Sendable {
    /// Most elements to tell of; at least 1.
    package var limit: Int
    /// Nil: from the first one on; else those that follow this one.
    package var after: ID?
    /// Whether the newest comes first.
    package var newestFirst: Bool
    /// Most bytes of elements that may be large. The first one comes whatever it has, so every page goes on.
    package var bytesMax: Int

    /// The usual values are those of OpenAI's lists.
    package init(limit: Int = 20, after: ID? = nil, newestFirst: Bool = true, bytesMax: Int = 8 << 20) {
        self.limit = limit
        self.after = after
        self.newestFirst = newestFirst
        self.bytesMax = bytesMax
    }
}

/// A part of a list.
package struct Page<Element: Sendable>: Sendable {
    /// In the order asked for.
    package var elements: [Element]
    /// Whether more of them follow.
    package var hasMore: Bool

    /// Takes both as they are.
    package init(elements: [Element], hasMore: Bool = false) {
        self.elements = elements
        self.hasMore = hasMore
    }
}

extension Page: Equatable where Element: Equatable {}

/// Fills a page with the elements behind the place that a request names, one after the other.
struct PageFiller<Element: Sendable> {
    private(set) var page = Page<Element>(elements: [])
    private let limit: Int
    private var bytesLeft: Int

    init(_ request: PageRequest<some Sendable>) { (limit, bytesLeft) = (request.limit, request.bytesMax) }

    /// - Returns: false where the page is full, so that no more need be found.
    mutating func add(_ element: Element, bytes: Int) -> Bool {
        guard page.elements.count < limit, page.elements.isEmpty || bytes <= bytesLeft else {
            page.hasMore = true
            return false
        }
        bytesLeft -= bytes
        page.elements.append(element)
        return true
    }
}

/// How many bytes of items a request may still have loaded: what it is given all at once has to fit into memory.
struct ByteAllowance {
    private let bytesMax: Int
    private var taken = 0
    /// What an item takes besides its text.
    private static let itemBytes = 64

    init(_ bytesMax: Int) { self.bytesMax = bytesMax }

    mutating func take(_ item: StoredItem) throws(RecordsError) {
        taken += Self.itemBytes + item.body.utf8.count
        if taken > bytesMax { throw .tooLarge(bytesMax: bytesMax) }
    }
}
