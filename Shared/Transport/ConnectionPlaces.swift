package import NIOCore

/// The places for connections that a server has, and who gives one up when they are all taken.
///
/// A newcomer takes the place of a connection that is idle: of the peer with the most connections, one that never
/// brought anything before one that did, the longest idle first. So connections that only stand there keep nobody out,
/// and those at work stay.
package struct ConnectionPlaces: Sendable {
    /// One connection, as far as it matters here.
    package struct Use: Equatable, Sendable {
        /// Equal for connections from one machine; nil where machines cannot be told apart.
        package var peer: String?
        /// Something it brought is being read, worked on or answered.
        package var isBusy: Bool
        /// It has brought something that was answered.
        package var hasServed: Bool
        /// When it came, or was last busy; of a busy one, since when.
        package var since: NIODeadline

        /// Describes a connection as it is at one moment.
        package init(peer: String?, isBusy: Bool, hasServed: Bool, since: NIODeadline) {
            (self.peer, self.isBusy, self.hasServed, self.since) = (peer, isBusy, hasServed, since)
        }
    }

    /// What a newcomer gets: a free place, the place of another connection, or none and the reason.
    package enum Admission: Equatable, Sendable {
        case free
        /// The connection at this index of `uses` has to go.
        case inPlaceOf(Int)
        case refused(String)
    }

    private let max: Int
    private let maxPerPeer: Int
    /// How long a connection that has served is left in peace after it was last busy.
    private let peace: TimeAmount
    /// Whether even a busy one gives way, the longest busy first, so that a newcomer always gets in.
    private let evictsBusy: Bool

    /// Makes room for so many connections.
    ///
    /// - Parameters:
    ///   - max: connections at a time.
    ///   - maxPerPeer: those of them that one machine may have.
    ///   - peace: how long a connection that has served keeps its place after it was last busy.
    ///   - evictsBusy: whether a busy connection gives way where no idle one can.
    package init(max: Int, maxPerPeer: Int, peace: TimeAmount, evictsBusy: Bool = false) {
        (self.max, self.maxPerPeer, self.peace, self.evictsBusy) = (max, maxPerPeer, peace, evictsBusy)
    }

    /// - Parameter uses: the connections there are.
    package func admission(of peer: String?, at now: NIODeadline, among uses: [Use]) -> Admission {
        let ofPeer = uses.indices.filter { uses[$0].peer == peer }
        if let peer, ofPeer.count >= maxPerPeer {
            return givingWay(ofPeer, uses, now).map(Admission.inPlaceOf)
                ?? .refused("\(peer) has \(ofPeer.count) connections already, and all are in use")
        }
        guard uses.count >= max else { return .free }
        return givingWay(Array(uses.indices), uses, now).map(Admission.inPlaceOf)
            ?? .refused("there are \(max) connections already, and all are in use")
    }

    private func givingWay(_ candidates: [Int], _ uses: [Use], _ now: NIODeadline) -> Int? {
        let counts = candidates.reduce(into: [String?: Int]()) { $0[uses[$1].peer, default: 0] += 1 }
        let idle = candidates.filter { !uses[$0].isBusy && (!uses[$0].hasServed || now - uses[$0].since >= peace) }
        let first = idle.min { left, right in
            let (one, other) = (uses[left], uses[right])
            let (ofOne, ofOther) = (counts[one.peer, default: 0], counts[other.peer, default: 0])
            if ofOne != ofOther { return ofOne > ofOther }
            return one.hasServed != other.hasServed ? !one.hasServed : one.since < other.since
        }
        guard first == nil, evictsBusy else { return first }
        return candidates.min { uses[$0].since < uses[$1].since }
    }
}
