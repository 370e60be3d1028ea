internal import Foundation

/// Noise that makes a draw of the choice of the highest: a number for each token id, the same for the same seed
/// wherever it is computed.
///
/// The noise is standard Gumbel noise, -log(-log(u)) with u uniform between 0 and 1. Of scores `logit / temperature +
/// noise`, that of an id is the highest with exactly the probability that the softmax of `logit / temperature` gives it
/// (the Gumbel-max theorem). So processes that have different ids draw together: each answers its highest one, and the
/// highest of these is drawn. No sum over the vocabulary is needed.
package struct TokenNoise: Sendable {
    private let seed: UInt64
    private let temperature: Double

    /// - Parameters:
    ///   - seed: a random number that is used for one draw.
    ///   - temperature: above 0.
    package init(seed: UInt64, temperature: Double) { (self.seed, self.temperature) = (seed, temperature) }

    /// What the logit of an id counts in the draw.
    package func score(of id: Int, logit: Float) -> Double {
        let uniform = (Double(bits(of: id) >> 12) + 0.5) * 0x1p-52
        return Double(logit) / temperature - log(-log(uniform))
    }

    /// Whether the score of an id may be above `bar`. A no is certain, and costs no logarithm.
    package func mayExceed(_ bar: Double, id: Int, logit: Float) -> Bool {
        let room = bar - Double(logit) / temperature
        guard room > 0 else { return true }
        // With u = 1 - v, -log(-log(u)) is below -log(v); and v is at least 2^-(zeros + 1), where v as a binary
        // fraction begins with so many zeros, or 2^-53.
        guard room < 37 else { return false }
        return Double((~bits(of: id)).leadingZeroBitCount + 1) * 0.6932 > room
    }

    /// Number `id` of SplitMix64, counted from 0.
    private func bits(of id: Int) -> UInt64 {
        var mixed = seed &+ (UInt64(truncatingIfNeeded: id) &+ 1) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
