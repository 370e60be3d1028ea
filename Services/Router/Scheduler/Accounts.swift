/// What each account was given, in tokens for its weight: the one with least comes first.
struct Accounts {
    private let weights: [Double]
    private var served: [Double]

    /// - Parameter weights: one for each account, all above zero.
    init(weights: [Double]) {
        self.weights = weights
        served = Array(repeating: 0, count: weights.count)
    }

    func served(_ account: Int) -> Double { served[account] }

    mutating func charge(_ tokens: Int, to account: Int) { served[account] += Double(tokens) / weights[account] }

    /// Takes back what was charged and not used.
    mutating func refund(_ tokens: Int, to account: Int) { charge(-tokens, to: account) }

    /// An account that asks again after a pause begins level with the others: it has saved nothing up.
    ///
    /// - Parameter active: the accounts of all sequences there are.
    mutating func joined(_ account: Int, active: [Int]) {
        guard !active.contains(account), let least = active.map({ served[$0] }).min() else { return }
        served[account] = max(served[account], least)
    }

    /// How many of an account may wait. Half the queue is shared out by weight and kept for each account; the other
    /// half is for whoever comes.
    func room(for account: Int, among waiting: [Int], of waitingMax: Int) -> Int {
        let sum = weights.reduce(0, +)
        let kept = weights.indices.reduce(0) { kept, other in
            guard other != account else { return kept }
            let share = Int(Double(waitingMax) / 2 * weights[other] / sum)
            return kept + max(share, waiting.count { $0 == other })
        }
        return max(0, waitingMax - kept)
    }
}
