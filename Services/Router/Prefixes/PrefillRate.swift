/// How many prompt tokens a second the cluster computes, from the steps of late: what a kept state saves.
struct PrefillRate: Sendable {
    /// Before the first measurement: slow, so that states seem worth keeping.
    private(set) var tokensPerSecond = 100.0
    private var isMeasured = false

    /// A step with so many rows took `seconds`. Steps that mostly generate say little about prompts.
    mutating func note(generating: Int, prompt: Int, seconds: Double) {
        guard prompt >= 8, prompt >= 2 * generating, seconds > 0 else { return }
        let rate = Double(prompt) / seconds
        tokensPerSecond = isMeasured ? tokensPerSecond * 0.9 + rate * 0.1 : rate
        isMeasured = true
    }

    /// How long so many tokens would take.
    func seconds(_ tokens: Int) -> Double { Double(tokens) / tokensPerSecond }
}
