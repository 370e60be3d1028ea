internal import ArgumentParser
internal import ClusterClient
internal import Console

/// Shows one session.
struct SessionsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a session, message by message.")

    @Argument(help: ArgumentHelp("The session's id.", valueName: "id"))
    var id: String

    @Flag(help: "Also show what the messages say, as the model reads it.")
    var text = false

    @Flag(help: "Print the router's answer as it is.")
    var json = false

    @OptionGroup var sessions: SessionsOptions

    func run() async throws {
        let session = try await sessions.client.session(id, text: text)
        try printToStandardOutput(json ? session.text : SessionText.whole(session.value))
    }
}
