internal import Tensors

/// An id and its logit.
struct RankedID: Sendable {
    let id: Int32
    /// Never NaN.
    let logit: Float

    init(id: Int, logit: Float) { (self.id, self.logit) = (Int32(truncatingIfNeeded: id), logit.orMinusInfinity) }

    /// Higher logit first, then the lower id.
    func precedes(_ other: RankedID) -> Bool { logit > other.logit || (logit == other.logit && id < other.id) }

    /// The first `count` of some tokens, in order.
    static func highest(_ count: Int, of tokens: [RankedID]) -> [RankedID] {
        guard count > 0, tokens.count > 1 else { return Array(tokens.prefix(count)) }
        return Array(tokens.sorted { $0.precedes($1) }.prefix(count))
    }
}

/// An id, its logit, and what that counts in a draw.
struct DrawnToken: Sendable {
    let token: RankedID
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
