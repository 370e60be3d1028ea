internal import ArgumentParser

/// What makes an answer a good one.
struct ServeTargets: ParsableArguments {
    @Option(help: ArgumentHelp("An answer is good if its first token comes within this time.", valueName: "seconds"))
    var targetTtft: Double?

    @Option(
        help: ArgumentHelp(
            """
            An answer is good if its mean time between tokens is at most this.
            """, valueName: "milliseconds"))
    var targetItl: Double?

    mutating func validate() throws {
        for (value, flag) in [(targetTtft, "--target-ttft"), (targetItl, "--target-itl")] {
            if let value, !(value > 0 && value < 1e9) {
                throw ValidationError("'\(flag)' takes a number above 0, not \(value).")
            }
        }
    }

    var isGiven: Bool { targetTtft != nil || targetItl != nil }

    /// Whether the answer ended right and met both.
    func areMet(by record: RequestRecord) -> Bool {
        guard record.outcome == .ok, let first = record.secondsToFirst else { return false }
        return first <= targetTtft ?? .infinity && record.meanGap.map { $0 * 1000 <= targetItl ?? .infinity } ?? true
    }
}
