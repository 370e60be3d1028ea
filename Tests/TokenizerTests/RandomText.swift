import TestSupport

@testable import Tokenizer

extension SplitMix64 {
    /// Up to `longest` of these scalars, in any order.
    mutating func text(_ scalars: [Unicode.Scalar], longest: Int) -> String {
        let count = Int.random(in: 0 ... longest, using: &self)
        return String(String.UnicodeScalarView((0 ..< count).compactMap { _ in scalars.randomElement(using: &self) }))
    }
}

extension EncodingWork {
    /// For a test that does not ask what work costs.
    static var unbounded: EncodingWork { EncodingWork(bytes: 1 << 20, rounds: 1) { false } }
}
