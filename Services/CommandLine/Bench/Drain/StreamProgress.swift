/// Tells when all streams have brought so many tokens.
struct StreamProgress {
    private let enough: Int
    private var counts: [Int]

    init(streams: Int, enough: Int) {
        self.enough = enough
        counts = Array(repeating: 0, count: streams)
    }

    /// Notes how many tokens a stream has. - Returns: whether all have enough.
    mutating func note(_ stream: Int, _ count: Int) -> Bool {
        counts[stream] = count
        return counts.allSatisfy { $0 >= enough }
    }
}
