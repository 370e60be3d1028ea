internal import ArgumentParser
internal import ClusterClient

/// Deletes sessions.
struct SessionsDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete sessions for ever. Their forks stay.")

    @Argument(help: ArgumentHelp("The sessions' ids.", valueName: "id"))
    var ids: [String]

    @OptionGroup var sessions: SessionsOptions

    func run() async throws {
        let client = try sessions.client
        for id in ids { try await client.delete(id) }
    }
}
