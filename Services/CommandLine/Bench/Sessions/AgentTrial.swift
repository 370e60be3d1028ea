internal import ClusterClient
internal import LocalCluster
internal import TerminalOutput

/// An agent at work: each turn sends everything again, and what a tool has found since the turn before.
///
/// Tools' outputs are messages of the user, since not every chat template knows tools.
struct AgentTrial: Sendable {
    let model: SessionModel
    let cluster: ClusterOptions
    let routerFlags: [String]
    /// Tokens of the last turn's prompt.
    let contextMax: Int
    let seed: UInt64

    static let turns = 10
    private static let answerTokens = 48, systemTokens = 512

    /// About so many tokens each turn's prompt has: from a sixteenth of the last one's on, in equal steps.
    static func contexts(upTo last: Int) -> [Int] {
        let first = last / 16
        return (0 ..< turns).map { first + (last - first) * $0 / (turns - 1) }
    }

    func run(_ status: ProgressDisplay) async throws -> AgentFigures {
        try await cluster.withTemporaryCluster(
            model.bench.folder, routerFlags: routerFlags, title: "Agent: starting a cluster"
        ) { handle in
            try await measure(ChatTimer(client: try RESTClient(url: handle.url)), status)
        }
    }

    private func measure(_ timer: ChatTimer, _ status: ProgressDisplay) async throws -> AgentFigures {
        var random = SplitMix64(seed: seed)
        let system = model.words.prose(tokens: min(Self.systemTokens, contextMax / 32), random: &random)
        var messages = [ChatMessage(role: .system, text: system)]
        var figures = AgentFigures()
        for (index, target) in Self.contexts(upTo: contextMax).enumerated() {
            status.show("agent: turn \(index + 1) of \(Self.turns), about \(target) tokens")
            let sent = figures.turns.last.map { $0.prompt + $0.completion } ?? contextMax / 32
            messages.append(ChatMessage(role: .user, text: output(tokens: max(16, target - sent), &random)))
            let choice = model.words.choice(random: &random)
            let reply = try await timer.ask(
                ChatBody(messages: messages, tokensMax: Self.answerTokens, choice: choice))
            messages.append(ChatMessage(role: .assistant, text: reply.text))
            figures.turns.append(reply.usage)
        }
        status.clear()
        return figures
    }

    private func output(tokens: Int, _ random: inout SplitMix64) -> String {
        "Output of the tool:\n" + model.words.toolOutput(tokens: tokens, random: &random)
    }
}
