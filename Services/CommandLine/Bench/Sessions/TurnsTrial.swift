internal import ClusterClient
internal import LocalCluster
internal import TerminalOutput

/// Chats over documents by plain chat completions, each of which sends everything again; then every process is killed
/// and started anew, and the chats go on.
struct TurnsTrial: Sendable {
    let model: SessionModel
    let cluster: ClusterOptions
    let routerFlags: [String]
    let context: Int
    let rounds: Int
    let seed: UInt64

    private static let questionTokens = 24, answerTokens = 32
    static let warmUpTokens = 256

    /// What was said before the processes were killed.
    private struct Begun: Sendable {
        var chat: [ChatMessage]
        var first: ChatReply
        var second: ChatReply
    }

    func run(in folder: DataFolder, _ status: ProgressDisplay) async throws -> TurnFigures {
        let begun = try await withCluster(folder, "Turns: starting a cluster") { try await begin($0, status) }
        let restarted = try await withCluster(folder, "Turns: starting the killed cluster anew") { handle in
            try await goOn(begun, handle, status)
        }
        return TurnFigures(
            chats: zip(begun, restarted).map { .init(first: $0.first, second: $0.second, restarted: $1) })
    }

    private func withCluster<Result: Sendable>(
        _ folder: DataFolder, _ title: String, _ work: @escaping @Sendable (ClusterHandle) async throws -> Result
    ) async throws -> Result {
        try await cluster.withTemporaryCluster(
            model.bench.folder, routerFlags: routerFlags, statesFolder: folder.path, title: title,
            work: work)
    }

    private func begin(_ handle: ClusterHandle, _ status: ProgressDisplay) async throws -> [Begun] {
        let timer = ChatTimer(client: try RESTClient(url: handle.url))
        var random = SplitMix64(seed: seed)
        try await warmUp(timer, &random)
        let before = try await handle.statesOnDisk()
        var begun: [Begun] = []
        for round in 1 ... rounds {
            status.show("turns: round \(round) of \(rounds), \(context) tokens")
            begun.append(try await begin(timer, &random))
        }
        status.show("turns: waiting until the states are on disk")
        if try await !handle.waitForDisk(before: before) {
            status.line(
                "turns: attention has written no state to disk; is --context \(context) too short to be worth it?")
        }
        status.clear()
        try handle.destroyAll()
        return begun
    }

    /// Two turns over a document of their own.
    private func begin(_ timer: ChatTimer, _ random: inout SplitMix64) async throws -> Begun {
        let document = model.words.prose(tokens: context, random: &random)
        var chat = [ChatMessage(role: .user, text: "\(document)\n\n\(question(&random))")]
        let first = try await timer.ask(body(chat, &random))
        chat.append(ChatMessage(role: .assistant, text: first.text))
        let second = try await timer.ask(body(chat + [ChatMessage(role: .user, text: question(&random))], &random))
        return Begun(chat: chat, first: first, second: second)
    }

    /// Another second turn of each chat.
    private func goOn(_ begun: [Begun], _ handle: ClusterHandle, _ status: ProgressDisplay) async throws -> [ChatReply]
    {
        let timer = ChatTimer(client: try RESTClient(url: handle.url))
        var random = SplitMix64(seed: seed &+ 1)
        try await warmUp(timer, &random)
        var replies: [ChatReply] = []
        for (index, one) in begun.enumerated() {
            status.show("turns: after the restart, round \(index + 1) of \(rounds)")
            let turn = one.chat + [ChatMessage(role: .user, text: question(&random))]
            replies.append(try await timer.ask(body(turn, &random)))
        }
        status.clear()
        return replies
    }

    /// Brings the weights into memory.
    private func warmUp(_ timer: ChatTimer, _ random: inout SplitMix64) async throws {
        let text = model.words.prose(tokens: Self.warmUpTokens, random: &random)
        _ = try await timer.ask(body([ChatMessage(role: .user, text: text)], &random))
    }

    private func question(_ random: inout SplitMix64) -> String {
        model.words.prose(tokens: Self.questionTokens, random: &random)
    }

    private func body(_ messages: [ChatMessage], _ random: inout SplitMix64) -> ChatBody {
        ChatBody(messages: messages, tokensMax: Self.answerTokens, choice: model.words.choice(random: &random))
    }
}
