internal import ArgumentParser
internal import ClusterClient
internal import Console

/// Makes a session that begins as another does.
struct SessionsForkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fork", abstract: "Make a new session that begins as another does, and print its id.")

    @Argument(help: ArgumentHelp("The session's id.", valueName: "id"))
    var id: String

    @OptionGroup var place: SessionPlaceOptions
    @OptionGroup var sessions: SessionsOptions

    func run() async throws {
        try printToStandardOutput(try await sessions.client.fork(id, at: place.place).value.id)
    }
}
