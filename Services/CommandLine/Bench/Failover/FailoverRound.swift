/// What the loss of a process in the middle of an answer did to it.
struct FailoverRound: Sendable, Equatable {
    let gaps: LongestGaps
    /// Whether the text is that of an undisturbed answer.
    let isSameText: Bool
    /// What it takes to read as many tokens as the answer had with its prompt when the process was lost, in seconds;
    /// nil where none had to be read again.
    var reading: Double?

    /// How much longer the longest gap grew than reading the tokens again takes.
    var excess: Double? { reading.map { gaps.growth - $0 } }

    /// - Parameters:
    ///   - tokens: when each came, in seconds.
    ///   - loss: when the process was killed; the gap in which that is counts to what is after it.
    /// - Returns: nil where there is no gap on one of the sides.
    init?(tokens: [Double], loss: Double, isSameText: Bool, reading: Double? = nil) {
        guard let gaps = LongestGaps([tokens], event: loss) else { return nil }
        (self.gaps, self.isSameText, self.reading) = (gaps, isSameText, reading)
    }
}
