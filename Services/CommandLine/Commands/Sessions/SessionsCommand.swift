internal import ArgumentParser
internal import ClusterClient
internal import Console

/// Shows and changes the sessions that a router keeps.
struct SessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions",
        abstract:
            "List, show, fork, rewind, move, save, restore or delete the sessions that a router keeps for an API key.",
        discussion: """
            A session is a conversation that clients continue by its id (session_id of the REST API).
              minimax sessions list
              minimax sessions show sess_… --text
              minimax sessions fork sess_… --messages 4
              minimax sessions save sess_… talk.safetensors
            """,
        subcommands: [
            SessionsListCommand.self, SessionsShowCommand.self, SessionsForkCommand.self, SessionsRewindCommand.self,
            SessionsMoveCommand.self, SessionsSaveCommand.self, SessionsRestoreCommand.self, SessionsDeleteCommand.self,
        ])
}

/// Where the sessions are, and whose.
struct SessionsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where the router's REST API answers.", valueName: "url"))
    var url = "http://127.0.0.1:8080"

    @Option(help: "The API key whose sessions are meant, where the router asks for one.")
    var apiKey: String?

    var client: SessionsClient { get throws { try SessionsClient(url: url, apiKey: apiKey) } }
}

/// A place in a session.
struct SessionPlaceOptions: ParsableArguments {
    @Option(help: "Keep so many messages.")
    var messages: Int?

    @Option(help: "Keep so many tokens.")
    var tokens: Int?

    func validate() throws {
        guard messages == nil || tokens == nil else {
            throw ValidationError("'--messages' and '--tokens' are both given; one of them tells the place.")
        }
        for (value, flag) in [(messages, "--messages"), (tokens, "--tokens")] where (value ?? 0) < 0 {
            throw ValidationError("'\(flag)' takes a number of 0 or more, not \(value ?? 0).")
        }
    }

    /// Nil: none was given.
    var place: SessionsClient.Place? {
        messages.map { .messages($0) } ?? tokens.map { .tokens($0) }
    }
}
