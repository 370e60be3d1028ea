/// Ids in the order in which they came. Adding one, removing one and going on from one take the same time however many
/// there are.
struct AgeList: Sendable {
    private struct Link {
        var older: String?
        var newer: String?
    }
    private var links: [String: Link] = [:]
    private var oldest: String?
    private var newest: String?

    var isEmpty: Bool { links.isEmpty }

    /// - Parameter id: one that is not there.
    mutating func append(_ id: String) {
        links[id] = Link(older: newest)
        if let newest { links[newest]?.newer = id } else { oldest = id }
        newest = id
    }

    mutating func remove(_ id: String) {
        guard let link = links.removeValue(forKey: id) else { return }
        if let older = link.older { links[older]?.newer = link.newer } else { oldest = link.newer }
        if let newer = link.newer { links[newer]?.older = link.older } else { newest = link.older }
    }

    /// All from the oldest on, or from the newest on.
    ///
    /// - Parameter after: begins behind this one, which has to be there.
    func ids(newestFirst: Bool = false, after: String? = nil) -> some Sequence<String> {
        let first = after.map { next($0, newestFirst) } ?? (newestFirst ? newest : oldest)
        return sequence(state: first) { state in
            defer { state = state.flatMap { next($0, newestFirst) } }
            return state
        }
    }

    private func next(_ id: String, _ newestFirst: Bool) -> String? {
        newestFirst ? links[id]?.older : links[id]?.newer
    }
}
