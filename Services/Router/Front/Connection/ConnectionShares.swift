internal import NIOCore

/// Which connections make room for new ones where all places are taken.
///
/// The client with the most connections gives way first, so that no client has all places: of its connections first the
/// quiet ones, the longest quiet first, then the slow ones, the longest slow first. Of clients that have equally many,
/// the one with the quieter connection gives way. So behind a proxy, where all come from one address, it
/// is as if there were no addresses.
struct ConnectionShares {
    /// One connection, as far as it matters here.
    struct Use: Equatable {
        enum State: Int, Comparable {
            /// Nobody asks anything.
            case quiet
            /// The server waits for the client: for a body, or to be rid of an answer.
            case slow
            /// The client waits for the server.
            case busy

            static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
        }
        /// Whose it is: equal for all connections of one client.
        var network: String
        var state: State
        /// Since when it is in this state.
        var since: NIODeadline
    }

    /// In which a client that is slow is left in peace.
    static let patience = TimeAmount.seconds(2)

    /// - Returns: the indices in `uses` of at most `count` connections that are closed now, all in the same state; none
    ///   where all are busy.
    static func givingWay(_ count: Int, of uses: [Use], at now: NIODeadline) -> [Int] {
        var candidates = Dictionary(grouping: uses.indices.filter { mayGo(uses[$0], at: now) }) { uses[$0].network }
            // The first to go is last.
            .mapValues { $0.sorted { (uses[$1].state, uses[$1].since) < (uses[$0].state, uses[$0].since) } }
        var held = uses.reduce(into: [String: Int]()) { $0[$1.network, default: 0] += 1 }
        var chosen: [Int] = []
        while chosen.count < count {
            let first = candidates.values.compactMap(\.last).min { one, other in
                let (ofOne, ofOther) = (held[uses[one].network, default: 0], held[uses[other].network, default: 0])
                return ofOne != ofOther
                    ? ofOne > ofOther : (uses[one].state, uses[one].since) < (uses[other].state, uses[other].since)
            }
            guard let first, chosen.isEmpty || uses[chosen[0]].state == uses[first].state else { break }
            chosen.append(first)
            held[uses[first].network, default: 0] -= 1
            candidates[uses[first].network]?.removeLast()
        }
        return chosen
    }

    private static func mayGo(_ use: Use, at now: NIODeadline) -> Bool {
        switch use.state {
        case .quiet: true
        case .slow: now - use.since > patience
        case .busy: false
        }
    }
}
