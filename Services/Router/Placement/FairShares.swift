/// What part of all units each host should hold.
enum FairShares {
    /// In proportion to bandwidth, nobody above its limit; what one cannot take is the others'.
    ///
    /// - Parameter limits: the most that each may have: its memory, and one copy of everything.
    /// - Returns: parts that sum to 1 where the limits sum to at least 1.
    static func divide(_ bandwidths: [Double], limits: [Double]) -> [Double] {
        var shares = bandwidths.map { _ in 0.0 }
        var (left, bandwidth) = (1.0, bandwidths.reduce(0, +))
        // Those that come to their limit first.
        let order = bandwidths.indices.sorted { (limits[$0] / bandwidths[$0], $0) < (limits[$1] / bandwidths[$1], $1) }
        for host in order {
            shares[host] = min(limits[host], left * bandwidths[host] / bandwidth)
            left -= shares[host]
            bandwidth -= bandwidths[host]
        }
        return shares
    }
}
