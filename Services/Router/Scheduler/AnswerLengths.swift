/// How long answers are, from those that ended lately: what a sequence is likely to need, whatever it may come to.
struct AnswerLengths: Sendable {
    /// Before the first has ended.
    private static let first = 256.0

    private var mean = Self.first

    mutating func note(_ tokens: Int) { mean = mean * 0.9 + Double(tokens) * 0.1 }

    /// Most answers are shorter. At least one token.
    var likely: Int { max(1, Int(2 * mean)) }
}
