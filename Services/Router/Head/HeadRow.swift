internal import Foundation
internal import Tensors

/// What the head has answered about one row: the same for any number of parts.
struct HeadRow: Sendable, Equatable {
    /// The free ids with the highest logits, the highest first; of a whole row all free ids, in their order. In a row
    /// that draws, the one that was drawn.
    let candidates: [RankedToken]
    /// Whether there are no other free ids.
    let isComplete: Bool
    /// The logits of the named ids, in their order.
    let named: [Float]
    /// The highest logits of all ids, the highest first.
    let top: [RankedToken]
    /// Of all ids; nil where it was not wanted.
    let allSum: ExponentialSum?
    /// Of the free ids, at the row's temperature; nil where it was not wanted.
    let freeSum: ExponentialSum?
}

/// The highest of some logits, and the sum of exp((logit - highest) / temperature); the sum is 0 where none is above
/// minus infinity.
struct ExponentialSum: Sendable, Equatable {
    let highest: Double
    let sum: Double

    /// What the sum is where `highest` is taken off each logit.
    func sum(beside highest: Double, temperature: Double) -> Double {
        self.highest == highest ? sum : sum * exp((self.highest - highest) / temperature)
    }

    /// The logarithm of the sum of exp(logit), at temperature 1.
    var logarithm: Double { highest + log(sum) }

    /// The sum of eight, added as a tree.
    static func tree(_ sums: [ExponentialSum], temperature: Double) -> ExponentialSum {
        guard sums.count > 1 else { return sums.first ?? ExponentialSum(highest: -.infinity, sum: 0) }
        let half = sums.count / 2
        let first = tree(Array(sums[..<half]), temperature: temperature)
        let second = tree(Array(sums[half...]), temperature: temperature)
        let highest = max(first.highest, second.highest)
        guard highest > -.infinity else { return first }
        return ExponentialSum(
            highest: highest,
            sum: first.sum(beside: highest, temperature: temperature)
                + second.sum(beside: highest, temperature: temperature))
    }
}
