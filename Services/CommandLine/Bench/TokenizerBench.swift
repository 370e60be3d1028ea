internal import ArgumentParser
internal import Console
internal import Foundation
internal import TerminalOutput
internal import Tokenizer

/// How fast text becomes token ids and token ids text.
struct TokenizerBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenizer",
        abstract: "Measure a model's tokenizer, in millions of bytes of text a second, on one thread.")

    /// A shorter text is repeated until it has so many bytes.
    static let bytesMin = 1_000_000

    @OptionGroup var options: BenchOptions

    @Option(help: ArgumentHelp("Folder with the model's tokenizer.json.", valueName: "folder"))
    var model: String

    @Option(help: ArgumentHelp("A text in UTF-8; a short one is repeated to about 1 MB.", valueName: "file"))
    var text = "compose/examples/sense-and-sensibility.txt"

    func run() async throws {
        let tokenizer = try BytePairTokenizer(contentsOf: model)
        let text = try Self.text(text)
        let status = ProgressDisplay()
        var samples = Samples()
        for round in 1 ... options.rounds {
            status.show("round \(round) of \(options.rounds)")
            for (name, rate) in try Self.measure(tokenizer, text) { samples.add(rate, to: name) }
        }
        status.clear()
        let measurements = samples.names.map { Measurement(name: $0, value: samples[$0], unit: "MB/s") }
        try printToStandardOutput(BenchReport(.current(threads: 1), measurements).text(json: options.json))
    }

    /// Encodes `text`, then decodes what came out. - Returns: millions of the text's bytes a second, of either.
    static func measure(_ tokenizer: BytePairTokenizer, _ text: String) throws -> [(name: String, rate: Double)] {
        func rate(_ duration: Duration) -> Double { Double(text.utf8.count) / (duration / .microseconds(1)) }
        let clock = ContinuousClock()
        var ids: [Int32] = []
        let encoding = try clock.measure { ids = try tokenizer.encode(PromptText(template: text)) }
        let decoding = clock.measure { _ = tokenizer.decode(ids, skippingSpecial: false) }
        return [("tokenizer.encode", rate(encoding)), ("tokenizer.decode", rate(decoding))]
    }

    /// - Throws: `StartError` when `path` is no text.
    static func text(_ path: String) throws -> String {
        let text = try TextFile.text(path, "--text", maxBytes: TextFile.promptBytesMax)
        guard !text.isEmpty else { throw StartError("--text \(path) is empty") }
        return String(repeating: text, count: (bytesMin + text.utf8.count - 1) / text.utf8.count)
    }
}
