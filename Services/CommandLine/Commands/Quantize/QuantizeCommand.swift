internal import ArgumentParser
internal import Checkpoint
internal import Console
internal import Foundation
internal import JSON
internal import Probing
internal import TerminalOutput

/// Writes a smaller, faster, slightly less exact form of a checkpoint.
struct QuantizeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quantize",
        abstract: "Write a checkpoint's large matrices as int8 or int4, at about half or a quarter of their bf16 size.",
        discussion: """
            Attention's and the experts' projections and the output projection become whole numbers with a float16 \
            scale for each 64 (int8) or 32 (int4) columns of a row. Norms, gates and the embedding stay as they are; \
            so does an output projection that is the embedding. With int4 the output projection is int8, since its \
            errors go straight into the probabilities. All commands and services read such a folder like any other; \
            what it costs in quality, minimax quality tells.
            """)

    @Argument(help: ArgumentHelp("Folder of a bf16 or f32 checkpoint.", valueName: "folder"))
    var folder: String

    @Option(help: "The type that the weights are written in: int8 or int4.")
    var to: ModelConfig.Quantization

    @Option(help: ArgumentHelp("Folder to write to, new or empty.", valueName: "folder"))
    var out: String

    @Option(help: "Threads that quantize (default: as many as there are cores).")
    var threads: Int?

    mutating func validate() throws {
        if let threads, !(1 ... 4096).contains(threads) {
            throw ValidationError("'--threads' takes a number from 1 to 4096, not \(threads).")
        }
    }

    func run() async throws {
        let begin = ContinuousClock.now
        let source: WeightFiles
        do { source = try WeightFiles(directory: folder) } catch { throw StartError("\(folder): \(error)") }
        if let quantization = source.config.quantization {
            throw StartError(
                "\(folder) is quantized to \(quantization.rawValue) already; give the checkpoint that it was made from")
        }
        let plan = try QuantizationPlan(source.parts(), to: to)
        try await interruptible { try await write(plan) }
        let summary = Self.summary(
            of: plan.shards, before: InspectCommand.weightFiles(in: folder).bytes, folder: out, original: folder,
            seconds: (ContinuousClock.now - begin) / .seconds(1))
        try printToStandardOutput(summary)
    }

    private func write(_ plan: QuantizationPlan) async throws {
        let output = try OutputFolder(out, for: plan.shards.byteCount)
        try await output.filled {
            let bar = ProgressBar(title: "\(to.rawValue) weights", total: plan.shards.dataByteCount)
            try await ProgressDisplay().showing(bar) { progress in
                let weights = QuantizedWeights(plan: plan)
                try await weights.write(to: out, threads: threads ?? Machine.coreCount, progress: progress)
            }
            for name in Self.companions {
                if let bytes = try Self.bytes(name, in: folder) { try output.write(bytes, to: name) }
            }
            // Last, since without them no reader takes the folder for a checkpoint.
            try output.write(plan.shards.index.bytes, to: plan.shards.index.file)
            try output.write(try Self.config(of: folder, quantization: to).fileContent, to: "config.json")
        }
    }

    /// What may lie beside the weights and says how the model is used; copied where it is there.
    private static let companions = [
        "tokenizer.json", "tokenizer_config.json", "generation_config.json", "special_tokens_map.json",
        "added_tokens.json", "vocab.json", "merges.txt",
        "chat_template.jinja", "chat_template.json", "preprocessor_config.json", "processor_config.json",
    ]

    private static func bytes(_ name: String, in folder: String) throws -> [UInt8]? {
        let path = "\(folder)/\(name)"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do { return Array(try Data(contentsOf: URL(filePath: path))) } catch {
            throw StartError("\(path) cannot be read: \(error.localizedDescription)")
        }
    }

    /// The config as it is, with what readers must know of the new weights.
    private static func config(of folder: String, quantization: ModelConfig.Quantization) throws -> JSONValue {
        guard let bytes = try bytes("config.json", in: folder),
            case .object(let members) = try JSONReader.read(bytes, duplicateNames: .refused)
        else {
            throw StartError("\(folder)/config.json is not there any more")
        }
        let others = members.filter { $0.name != "quantization_config" }        // it may be null
        return .object(others + [.init(name: "quantization_config", value: quantization.config)])
    }

    static func summary(of plan: ShardPlan, before: Int, folder: String, original: String, seconds: Double) -> String {
        let count = plan.shards.count
        let percent = Int((100 * Double(plan.byteCount) / Double(max(before, 1))).rounded())
        return """
            Wrote \(folder) in \(oneDecimal(seconds)) s: \(Amount.bytes(plan.byteCount)) in \(count) \
            file\(count == 1 ? "" : "s"), \(percent) % of \(Amount.bytes(before)).

              minimax up --model \(shellQuoted(folder))
              minimax quality \(shellQuoted(original)) \(shellQuoted(folder)) --text FILE
            """
    }
}

extension ModelConfig.Quantization: ExpressibleByArgument {}
