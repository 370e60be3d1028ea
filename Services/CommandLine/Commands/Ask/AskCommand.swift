internal import ArgumentParser
internal import ClusterClient
internal import Console
internal import Foundation
internal import LocalCluster

/// Asks a question and streams the answer.
struct AskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask",
        abstract: "Ask a question, about a document if you like, and stream the answer.",
        discussion: """
            Uses the cluster that answers at --url. If none does and --model is given, a temporary cluster is started \
            for this one question. The answer goes to standard output, everything else to standard error. On a \
            terminal, control characters of the answer are written as \\u001b; a pipe or file gets them as they are.
            """)

    @Argument(help: "The question.")
    var question: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            """
            A text to put before the question; may be repeated; - is standard input.
            """, valueName: "file"))
    var file: [String] = []

    @Option(help: "Where a running cluster answers.")
    var url = "http://127.0.0.1:8080"

    @Option(help: "The API key to send, where the cluster asks for one.")
    var apiKey: String?

    @Option(help: ArgumentHelp("Folder of the checkpoint for a temporary cluster.", valueName: "folder"))
    var model: String?

    @Option(help: "The longest answer, in tokens.")
    var maxTokens = 256

    @Option(help: "How random the answer is; with 0 every token is the most probable one.")
    var temperature = 0.0

    @Option(help: "Seed of the random numbers: the same seed gives the same answer.")
    var seed: Int?

    @OptionGroup var cluster: ClusterOptions

    func run() async throws {
        let documents = try file.map { try TextFile.text($0, "--file", maxBytes: TextFile.promptBytesMax) }
        let question = ChatClient.Question(
            text: Self.prompt(question, documents: documents), maxTokens: maxTokens, temperature: temperature,
            seed: seed)
        do {
            let client = try ChatClient(url: url, apiKey: apiKey)
            let name = try await client.model(limits: .init(total: .seconds(5)))
            try await Self.stream(question, from: client, model: name)
        } catch let error as RESTError where error.kind == .cannotConnect {
            guard let model else {
                throw StartError(
                    "no cluster answers at \(url) (\(error.reason)); start one with minimax up, "
                        + "or give --model for a temporary one")
            }
            try await askTemporaryCluster(question, model)
        }
    }

    private func askTemporaryCluster(_ question: ChatClient.Question, _ model: String) async throws {
        try await cluster.withTemporaryCluster(model) { running in
            let client = try ChatClient(url: running.url, apiKey: apiKey)
            try await Self.stream(question, from: client, model: try await client.model())
        }
    }

    private static func stream(_ question: ChatClient.Question, from client: ChatClient, model: String) async throws {
        let isTerminal = isatty(STDOUT_FILENO) == 1
        let timing = try await client.ask(question, model: model) { text in
            try writeToStandardOutput(isTerminal ? shown(text, keepingLines: true) : text)
        }
        try writeToStandardOutput("\n")
        if let timing { writeToStandardError(timing.line + "\n") }
    }

    /// The documents, then the question on a line of its own.
    static func prompt(_ question: String, documents: [String]) -> String {
        (documents + [question]).joined(separator: "\n")
    }
}
