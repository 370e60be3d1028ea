internal import ArgumentParser
internal import ClusterClient
internal import Console

/// Cuts a session back.
struct SessionsRewindCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewind", abstract: "Cut a session back: what is behind the place is forgotten.")

    @Argument(help: ArgumentHelp("The session's id.", valueName: "id"))
    var id: String

    @OptionGroup var place: SessionPlaceOptions
    @OptionGroup var sessions: SessionsOptions

    func validate() throws {
        guard place.place != nil else { throw ValidationError("One of '--messages' and '--tokens' has to be given.") }
    }

    func run() async throws {
        guard let place = place.place else { return }
        let session = try await sessions.client.rewind(id, to: place).value
        try printToStandardOutput(SessionText.size(session))
    }
}
