/// How many tokens an agent's cluster computes, to those that it was sent for the first time.
struct AgentFigures: Sendable {
    /// What each turn said of its tokens, in order; each prompt begins with the prompt and the answer before it.
    var turns: [TokenUsage] = []

    /// Prompt tokens that the cluster computed.
    var computed: Int { turns.reduce(0) { $0 + $1.prompt - $1.cached } }

    /// Prompt tokens that are neither of the prompt before nor of its answer, which was computed when it was generated.
    var new: Int {
        let added = zip(turns.dropFirst(), turns).map { $0.prompt - $1.prompt - $1.completion }
        return (turns.first?.prompt ?? 0) + added.reduce(0, +)
    }

    private var ratio: Double { Double(computed) / Double(new) }

    var figures: [SessionFigure] {
        [
            SessionFigure(name: "agent.computed_to_new", value: ratio, unit: "ratio", bar: .atMost(1.05)),
            SessionFigure(name: "agent.new", value: Double(new), unit: "tokens"),
            SessionFigure(name: "agent.computed", value: Double(computed), unit: "tokens"),
            SessionFigure(name: "agent.sent", value: Double(turns.reduce(0) { $0 + $1.prompt }), unit: "tokens"),
        ]
    }
}
