internal import ArgumentParser
internal import Checkpoint
internal import Console
internal import JSON
internal import Probing
internal import TerminalOutput

/// Writes a checkpoint with random weights, to measure and to try things with.
struct SynthCommand: AsyncParsableCommand {
    enum Shape: String, ExpressibleByArgument, CaseIterable { case text01 = "text-01" }

    static let configuration = CommandConfiguration(
        commandName: "synth",
        abstract: """
            Write a checkpoint with random weights and the proportions of MiniMax-Text-01, in the original layout.
            """,
        discussion: """
            Such a model says nothing sensible, but costs what a real one of its size costs. The same flags give the \
            same bytes on every machine. With --scale 4 --layers 8: 2.9 B parameters, 5.9 GB.
            """)

    @Option(help: "The model whose proportions are taken.")
    var shape = Shape.text01

    @Option(
        help: ArgumentHelp(
            """
            Divisor of the hidden size (6144), the heads (64), the key/value heads (8) and the intermediate size \
            (9216): 1, 2, 4, 8, 16, 32 or 64.
            """))
    var scale = 4

    @Option(help: "Number of layers.")
    var layers = 8

    @Option(
        help: """
            Every N-th layer has softmax attention, the others have lightning attention; with fewer than N layers the \
            last one has softmax attention. With 0 no layer has.
            """)
    var softmaxEvery = 8

    @Option(help: "Number of tokens (default: 200064 at --scale 1, else 32000).")
    var vocabulary: Int?

    @Option(
        help: """
            How unevenly experts are chosen; 0 is evenly. Row e of each gate, counted from 0, is divided by (e + 1) to \
            the power of this number.
            """)
    var gateSkew = 0.0

    @Option(help: "Seed of the random weights: other seeds give other weights.")
    var seed: UInt64 = 0

    @Option(help: ArgumentHelp("Folder to write to, new or empty.", valueName: "folder"))
    var out: String

    @Option(help: "Threads that make weights (default: as many as there are cores).")
    var threads: Int?

    mutating func validate() throws {
        guard SyntheticModel.scales.contains(scale) else {
            throw ValidationError("'--scale' takes 1, 2, 4, 8, 16, 32 or 64, which divide all widths, not \(scale).")
        }
        guard gateSkew >= 0, gateSkew <= 10 else {
            throw ValidationError("'--gate-skew' takes a number from 0 to 10, not \(gateSkew).")
        }
        guard softmaxEvery >= 0 else {
            throw ValidationError("'--softmax-every' takes a number from 0 on, not \(softmaxEvery).")
        }
        guard SyntheticModel.layerCounts.contains(layers) else {
            let range = SyntheticModel.layerCounts
            throw ValidationError(
                "'--layers' takes a number from \(range.lowerBound) to \(range.upperBound), not \(layers).")
        }
        if let vocabulary, !SyntheticModel.vocabularies.contains(vocabulary) {
            let range = SyntheticModel.vocabularies
            throw ValidationError(
                "'--vocabulary' takes a number from \(range.lowerBound) to \(range.upperBound), not \(vocabulary).")
        }
        if let threads, !(1 ... 4096).contains(threads) {
            throw ValidationError("'--threads' takes a number from 1 to 4096, not \(threads).")
        }
    }

    func run() async throws {
        let begin = ContinuousClock.now
        let model = SyntheticModel(scale: scale, layers: layers, softmaxEvery: softmaxEvery, vocabulary: vocabulary)
        let plan = try await interruptible { try await write(model) }
        let tensors = plan.shards.flatMap(\.tensors)
        let parameters = tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        try printToStandardOutput(Self.summary(of: plan, parameters: parameters, folder: out, seconds: seconds))
    }

    private func write(_ model: SyntheticModel) async throws -> ShardPlan {
        let json = model.config.fileContent
        let config = try ModelConfig(json: json, file: "config.json")
        let plan = ShardPlan(
            config.originalTensors.map { NewTensor(name: $0.name, elementType: "BF16", shape: $0.shape) })
        let folder = try OutputFolder(out, for: plan.byteCount)
        try await folder.filled {
            try await ProgressDisplay().showing(ProgressBar(title: "weights", total: plan.dataByteCount)) { progress in
                let weights = SyntheticWeights(seed: seed, gateSkew: gateSkew)
                try await weights.write(plan, to: out, threads: threads ?? Machine.coreCount, progress: progress)
            }
            for file in model.tokenizer.files { try folder.write(file.content.fileContent, to: file.name) }
            // Last, since without them no reader takes the folder for a checkpoint.
            try folder.write(plan.index.bytes, to: plan.index.file)
            try folder.write(json, to: "config.json")
        }
        return plan
    }

    static func summary(of plan: ShardPlan, parameters: Int, folder: String, seconds: Double) -> String {
        let count = plan.shards.count
        let argument = shellQuoted(folder)
        return """
            Wrote \(folder) in \(oneDecimal(seconds)) s: \(Amount.grouped(parameters)) parameters, \
            \(Amount.bytes(plan.byteCount)) in \(count) file\(count == 1 ? "" : "s").

              minimax inspect \(argument)
              minimax up --model \(argument)
              minimax ask "Once upon a time" --model \(argument)
              minimax quantize \(argument) --to int8 --out \(shellQuoted("\(folder)-int8"))
            """
    }
}
