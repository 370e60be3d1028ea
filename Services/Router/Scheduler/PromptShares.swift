internal import Messages

/// Shares a step's prompt rows out: accounts share the step by weight, rows that generate included; of an account's
/// share its highest class takes what it can use, in equal parts. Who needs less than its share leaves the rest to the
/// others, so short prompts end early and no row stays unused.
enum PromptShares {
    /// - Parameters:
    ///   - entries: sequences with prompt left.
    ///   - generating: how many rows of the step each account has already.
    static func rows(
        of entries: [Scheduler.Entry], budget: Int, generating: [Int: Int] = [:], weights: [Double]
    ) -> [StepPlan.Rows] {
        var counts: [SequenceID: Int] = [:]
        let accounts = Dictionary(grouping: entries, by: \.demand.account).sorted { $0.key < $1.key }
        let needs = accounts.map { $0.value.reduce(0) { $0 + $1.promptRowsNext } }
        let shares = share(
            budget, needs, beside: accounts.map { generating[$0.key] ?? 0 }, weights: accounts.map { weights[$0.key] })
        for (account, rows) in zip(accounts, shares) {
            var left = rows
            for priority in Priority.allCases.reversed() {
                let prompts = account.value.filter { $0.demand.priority == priority }
                let parts = share(left, prompts.map(\.promptRowsNext), weights: prompts.map { _ in 1 })
                for (prompt, part) in zip(prompts, parts) { counts[prompt.id] = part }
                left -= parts.reduce(0, +)
            }
        }
        return entries.compactMap { entry in counts[entry.id].flatMap { $0 > 0 ? entry.rows($0) : nil } }
    }

    /// Divides `total` so that each, with what it has already, comes to its share of the whole; what is left then goes
    /// by weight alone.
    private static func share(_ total: Int, _ needs: [Int], beside held: [Int], weights: [Double]) -> [Int] {
        let whole = share(total + held.reduce(0, +), zip(needs, held).map { $0 + $1 }, weights: weights)
        let due = zip(whole, held).map { max(0, $0 - $1) }
        let first = share(total, due, weights: weights)
        let rest = share(total - first.reduce(0, +), zip(needs, first).map { $0 - $1 }, weights: weights)
        return zip(first, rest).map { $0 + $1 }
    }

    /// `total` by weight, nobody more than it needs; all of it, as long as somebody needs it. What cannot be divided
    /// goes to the first.
    static func share(_ total: Int, _ needs: [Int], weights: [Double]) -> [Int] {
        var shares = needs.map { _ in 0 }
        var left = total
        // Those that need least for their weight first: what they leave is the others'.
        let order = needs.indices.sorted {
            (Double(needs[$0]) / weights[$0], $0) < (Double(needs[$1]) / weights[$1], $1)
        }
        var weight = weights.reduce(0, +)
        for index in order {
            let share = Double(left) * weights[index] / weight
            shares[index] = min(needs[index], Int(share.rounded(.down)))
            left -= shares[index]
            weight -= weights[index]
        }
        for index in needs.indices where left > 0 {
            let more = min(left, needs[index] - shares[index])
            shares[index] += more
            left -= more
        }
        return shares
    }
}
