/// How many prompt rows a step may take so that the sequences that generate beside it do not stutter.
///
/// A step that only generates takes its undisturbed time, known for each number of rows; prompt rows add to it. After
/// each mixed step the number of rows follows what the rows before it cost, so nothing about the machine or the model
/// need be known.
struct PromptPace {
    /// What the time between two tokens may come to.
    enum Target: Sendable, Equatable {
        case timesUndisturbed(Double)
        case absolute(Duration)
    }

    private let target: Target
    private let rowsMax: Int
    private var rows: Int
    /// Seconds of steps that only generated, by their number of rows.
    private var undisturbed: [Int: Double] = [:]
    private var mixedSteps = 0

    /// Always let through, or prompts would wait for ever where even one row is too many.
    private static let rowsMin = 4
    /// Steps differ; this part of the target is left free so that nearly all stay below it.
    private static let margin = 0.75
    /// The time without prompts is measured again after so many steps with them: contexts grow.
    private static let remeasureInterval = 256

    init(target: Target, rowsMax: Int) {
        self.target = target
        self.rowsMax = rowsMax
        rows = min(32, rowsMax)
    }

    /// Rows for prompts in a step in which `generating` sequences take one row each. None now and then, where their own
    /// time is not known.
    func rows(beside generating: Int) -> Int {
        known(generating) == nil || mixedSteps >= Self.remeasureInterval ? 0 : rows
    }

    /// A step took `seconds`.
    mutating func record(generating: Int, prompt: Int, seconds: Double) {
        guard generating > 0 else { return }
        guard prompt > 0 else {
            undisturbed[generating] = undisturbed[generating].map { $0 * 0.7 + seconds * 0.3 } ?? seconds
            mixedSteps = 0
            return
        }
        mixedSteps += 1
        let (allowed, cost) = allowance(generating, seconds)
        let factor = cost > 0 ? min(max(allowed / cost, 0.5), 1.5) : 1.5
        // The last piece of a prompt may have fewer rows than allowed: it may lower the number, but not raise it.
        let next = Int((Double(prompt) * factor).rounded())
        if prompt >= rows || next < rows { rows = min(max(next, Self.rowsMin), rowsMax) }
    }

    /// What prompt rows may cost and what they did cost, in seconds.
    private func allowance(_ generating: Int, _ seconds: Double) -> (allowed: Double, cost: Double) {
        let alone = known(generating) ?? 0
        let limit =
            switch target {
            case .timesUndisturbed(let factor): alone * factor
            case .absolute(let duration): duration / .seconds(1)
            }
        return (max(0, limit - alone) * Self.margin, seconds - alone)
    }

    /// The time of a step of so many rows, or of nearly as many.
    private func known(_ generating: Int) -> Double? {
        if let seconds = undisturbed[generating] { return seconds }
        let near = undisturbed.min { abs($0.key - generating) < abs($1.key - generating) }
        return near.flatMap { Double(abs($0.key - generating)) <= Double(generating) / 4 ? $0.value : nil }
    }
}
