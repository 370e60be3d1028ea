package import Messages
package import Tensors

extension Digest {
    /// As a peer told it.
    package init(_ message: WeightDigest) { self.init(low: message.low, high: message.high) }

    /// As it travels.
    package var message: WeightDigest { WeightDigest(low: low, high: high) }
}
