internal import ArgumentParser
internal import ClusterClient
internal import Console

/// Moves a session to another replica of attention.
struct SessionsMoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move",
        abstract: "Move a session's state to another replica of attention, where its next request is computed.",
        discussion: """
            Where no state of the session is kept, it is computed first. 'minimax plan' shows the attention services \
            and which of them are a replica together.
            """)

    @Argument(help: ArgumentHelp("The session's id.", valueName: "id"))
    var id: String

    @Option(
        help: ArgumentHelp(
            "An attention service of the replica to move to; left out: the other replica with most memory to spare.",
            valueName: "name"))
    var to: String?

    @OptionGroup var sessions: SessionsOptions

    func run() async throws {
        let client = try sessions.client
        let (id, member) = (id, to)
        let move = try await interruptible { try await client.move(id, to: member).value }
        try printToStandardOutput(SessionText.move(move))
    }
}
