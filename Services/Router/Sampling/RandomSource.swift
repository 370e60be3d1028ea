/// SplitMix64: 64 bits of state, one addition and three mixing steps a number, period 2^64. Small enough to be stored
/// with a session as one integer, and it passes BigCrush, far more than sampling needs. Source: Steele, Lea, Flood,
/// "Fast splittable pseudorandom number generators" (2014), with Stafford's variant 13 as mixer.
struct RandomSource: RandomNumberGenerator, Sendable, Equatable {
    private(set) var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Uniform in [0, 1): 53 random bits.
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// The seed of choice `choice` of a request: the request's own seed for the first, far apart streams for the
    /// others.
    static func seed(_ seed: UInt64, choice: Int) -> UInt64 {
        guard choice > 0 else { return seed }
        var source = RandomSource(seed: ~seed &+ UInt64(truncatingIfNeeded: choice) &* 0xD134_2543_DE82_EF95)
        return source.next()
    }
}
