internal import Tensors

/// An id, its logit, and what that counts in a draw.
struct DrawnToken: Sendable {
    let token: RankedToken
    let score: Double

    /// Higher score first, then the lower id.
    func precedes(_ other: DrawnToken) -> Bool {
        score > other.score || (score == other.score && token.id < other.token.id)
    }
}

/// The highest of some logits, and the sum of exp((logit - highest) / temperature): 0 where none is above minus
/// infinity.
struct EighthSum: Sendable {
    var highest = -Float.infinity
    var sum = 0.0

    /// As they travel.
    var numbers: [Double] { [Double(highest), sum] }
}

extension Float {
    /// A logit that is NaN is never chosen.
    var orMinusInfinity: Float { isNaN ? -.infinity : self }
}
