internal import TerminalOutput

/// How long an answer took, in seconds and tokens as the server counted them.
package struct ChatTiming: Sendable, Equatable {
    var promptTokens: Int
    var answerTokens: Int
    var secondsToFirst: Double
    var secondsAfterFirst: Double

    /// One line: prefill and decode speed. The first token belongs to the prefill.
    package var line: String {
        func rate(_ tokens: Int, _ seconds: Double) -> String {
            seconds > 0 && tokens > 0 ? oneDecimal(Double(tokens) / seconds) : "–"
        }
        return "prompt \(promptTokens) tokens, prefill \(rate(promptTokens, secondsToFirst)) tokens/s; "
            + "answer \(answerTokens) tokens, decode \(rate(answerTokens - 1, secondsAfterFirst)) tokens/s; "
            + "\(oneDecimal(secondsToFirst + secondsAfterFirst)) s in all"
    }
}
