#if _endian(big)
#error("values travel as they lie in memory, and that must be little-endian")
#endif

/// What a `bytes` field holds one after the other: its bytes in memory are those on the wire.
protocol WireValue: BitwiseCopyable {
    /// What errors call several of them.
    static var plural: String { get }
}

extension Float: WireValue {
    static var plural: String { "float32 values" }
}

extension Double: WireValue {
    static var plural: String { "float64 values" }
}

extension Int32: WireValue {
    static var plural: String { "token ids" }
}

extension UInt8: WireValue {
    static var plural: String { "bytes" }
}

/// What a process has read of some weights, in 128 bits.
package struct WeightDigest: Sendable, Hashable {
    /// The lower 64 bits, which travel first.
    package let low: UInt64
    /// The upper 64 bits.
    package let high: UInt64

    /// The digest of these two halves.
    package init(low: UInt64, high: UInt64) { (self.low, self.high) = (low, high) }
}

extension WeightDigest: WireValue {
    static var plural: String { "digests" }
}
