internal import ArgumentParser
internal import ClusterClient
internal import Console
internal import TerminalOutput

/// Saves a session with the model's state in a file.
struct SessionsSaveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save", abstract: "Save a session with the model's state in a safetensors file.")

    @Argument(help: ArgumentHelp("The session's id.", valueName: "id"))
    var id: String

    @Argument(help: ArgumentHelp("The file to write; it is replaced if it exists.", valueName: "file"))
    var file: String

    @OptionGroup var sessions: SessionsOptions

    func run() async throws {
        let client = try sessions.client
        let (id, path) = (id, file)
        let tokens = try await interruptible {
            let snapshot = try await client.snapshot(id).value
            let bar = ProgressBar(title: "snapshot", total: snapshot.bytes)
            try await ProgressDisplay().showing(bar) { progress in
                try await Self.save(id, path, client, progress)
            }
            return snapshot.tokens
        }
        try printToStandardOutput("\(tokens) tokens in \(path)")
    }

    private static func save(
        _ id: String, _ path: String, _ client: SessionsClient, _ progress: ProgressCounter
    ) async throws {
        let writer = try SnapshotFileWriter(path)
        do {
            _ = try await client.download(id) { bytes, place in
                try writer.write(bytes, at: place)
                progress.add(bytes.count)
            }
            try writer.finish()
        } catch {
            writer.discard()
            throw error
        }
    }
}
