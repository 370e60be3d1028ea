internal import TerminalOutput

/// How long the second turn of a chat over a document takes to begin, to the first.
struct TurnFigures: Sendable {
    /// One chat. Times are seconds to the first token.
    struct Chat: Sendable, Equatable {
        var first: ChatReply
        var second: ChatReply
        /// A second turn after all processes were killed and started anew.
        var restarted: ChatReply
    }

    var chats: [Chat] = []

    /// The ratios are medians of each chat's own.
    var figures: [SessionFigure] {
        [
            SessionFigure(name: "turns.first_token", value: middle { $0.first.seconds }, unit: "s"),
            ratio("turns.second_to_first", bar: 3) { $0.second },
            ratio("turns.restarted_to_first", bar: 6) { $0.restarted },
            SessionFigure(name: "turns.prompt", value: middle { Double($0.second.usage.prompt) }, unit: "tokens"),
            SessionFigure(name: "turns.second_cached", value: middle { $0.second.cachedShare }, unit: "%"),
            SessionFigure(name: "turns.restarted_cached", value: middle { $0.restarted.cachedShare }, unit: "%"),
        ]
    }

    private func ratio(_ name: String, bar: Double, _ turn: (Chat) -> ChatReply) -> SessionFigure {
        SessionFigure(
            name: name, value: middle { 100 * turn($0).seconds / $0.first.seconds }, unit: "%", bar: .atMost(bar))
    }

    private func middle(_ value: (Chat) -> Double) -> Double { median(chats.map(value)) }
}

extension ChatReply {
    /// How much of the prompt was there already, in %.
    fileprivate var cachedShare: Double { 100 * Double(usage.cached) / Double(usage.prompt) }
}
