internal import ArgumentParser
internal import ClusterClient
internal import Console
internal import Foundation
internal import LocalCluster
internal import TerminalOutput

/// Compares what checkpoints of one model can do, for example before and after `quantize`.
struct QualityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quality",
        abstract: """
            Compare checkpoints of one model: perplexity on a text, and accuracy on questions with known answers.
            """,
        discussion: """
            Starts a cluster for each folder in turn and asks it by REST. The questions are JSON lines with "messages" \
            and "answers"; an answer counts by the share of the expected strings that occur in it.
              minimax quality compose/models/demo demo-int8 --text compose/examples/sense-and-sensibility.txt
            """)

    @Argument(help: ArgumentHelp("Folders of the checkpoints, the one to compare with first.", valueName: "folder"))
    var folders: [String]

    @Option(help: ArgumentHelp("A text to measure the perplexity on.", valueName: "file"))
    var text: String?

    @Option(help: ArgumentHelp("Questions to measure the accuracy on.", valueName: "file"))
    var questions: String?

    @Option(help: "Ask at most this many of the questions, spread evenly (default: all).")
    var limit: Int?

    @OptionGroup var cluster: ClusterOptions

    mutating func validate() throws {
        guard text != nil || questions != nil else {
            throw ValidationError("Give '--text', '--questions' or both: there is nothing to measure.")
        }
        guard !folders.isEmpty else { throw ValidationError("Give at least one folder.") }
        if let limit, limit <= 0 { throw ValidationError("'--limit' takes a number from 1, not \(limit).") }
    }

    func run() async throws {
        let pieces = try text.map { try QualityMeter.pieces(of: try Self.read($0, "--text")) } ?? []
        let questions =
            try questions.map {
                try QualityMeter.questions(in: try Self.read($0, "--questions"), limit: limit ?? .max)
            } ?? []
        var table = TextTable(header: ["checkpoint", "weights GB", "perplexity", "to the first", "accuracy %"])
        var first: Double?
        for folder in folders {
            let (perplexity, accuracy) = try await measure(folder, pieces, questions)
            first = first ?? perplexity
            let ratio = perplexity.flatMap { perplexity in first.map { perplexity / $0 } }
            table.rows.append([
                folder, figure(Double(InspectCommand.weightFiles(in: folder).bytes) / 1e9),
                perplexity.map { decimal($0, places: 4) } ?? "", ratio.map { decimal($0, places: 4) } ?? "",
                accuracy.map { decimal(100 * $0, places: 1) } ?? "",
            ])
        }
        try printToStandardOutput(table.lines.joined(separator: "\n"))
    }

    private static func read(_ path: String, _ flag: String) throws -> String {
        try TextFile.text(path, flag, maxBytes: TextFile.promptBytesMax)
    }

    private func measure(
        _ folder: String, _ pieces: [String], _ questions: [QualityMeter.Question]
    ) async throws -> (perplexity: Double?, accuracy: Double?) {
        try await cluster.withTemporaryCluster(folder) { running in
            let meter = QualityMeter(client: try RESTClient(url: running.url), status: ProgressDisplay())
            defer { meter.status.clear() }
            let perplexity = pieces.isEmpty ? nil : try await meter.perplexity(of: pieces)
            let accuracy = questions.isEmpty ? nil : try await meter.accuracy(on: questions)
            return (perplexity, accuracy)
        }
    }
}
