/// A token id and its logit, as heads and those who ask them put them in order.
package struct RankedToken: Sendable, Equatable {
    /// The id.
    package let id: Int32
    /// Never NaN.
    package let logit: Float

    /// Each parameter becomes the property of its name.
    package init(id: Int32, logit: Float) { (self.id, self.logit) = (id, logit) }

    /// Higher logit first, then the lower id.
    package func precedes(_ other: RankedToken) -> Bool {
        logit > other.logit || (logit == other.logit && id < other.id)
    }

    /// The first `count` of some tokens, in order.
    package static func highest(_ count: Int, of tokens: [RankedToken]) -> [RankedToken] {
        guard count > 0, tokens.count > 1 else { return Array(tokens.prefix(count)) }
        return Array(tokens.sorted { $0.precedes($1) }.prefix(count))
    }
}
