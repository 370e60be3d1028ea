/// Which cores of a machine the processes of a cluster have, no two the same.
struct CoreDivision: Sendable, Equatable {
    let router: [Int]
    let attention: [[Int]]
    let hosts: [[Int]]

    /// One core for the router, which waits for most of the time; of the rest, attention gets its share of a token's
    /// work, which its services divide among themselves, and the hosts get equal parts of what is left.
    ///
    /// - Returns: nil where there are not enough for one each.
    init?(_ cores: [Int], expertHosts: Int, attentionHosts: Int = 1) {
        guard expertHosts > 0, attentionHosts > 0, cores.count >= expertHosts + attentionHosts + 1 else { return nil }
        router = [cores[0]]
        let rest = cores.dropFirst()
        let share = max(attentionHosts, Int((Double(rest.count) * Self.attentionShare).rounded()))
        let hostCores = max(1, (rest.count - share) / expertHosts)
        let attentionCount = rest.count - hostCores * expertHosts
        attention = (0 ..< attentionHosts).map { index in
            let begin = attentionCount * index / attentionHosts, end = attentionCount * (index + 1) / attentionHosts
            return Array(rest.dropFirst(begin).prefix(end - begin))
        }
        hosts = (0 ..< expertHosts).map { host in
            Array(rest.dropFirst(attentionCount + host * hostCores).prefix(hostCores))
        }
    }

    /// Attention's share of the weights that a token of MiniMax-Text-01 reads.
    private static let attentionShare = 0.42
}
