internal import ArgumentParser
internal import Checkpoint
internal import Console
internal import Foundation
internal import Probing
internal import Tensors
internal import TerminalOutput

/// Writes down what a checkpoint's weights are, so that a damaged copy is found before it is used.
struct DigestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "digest",
        abstract: "Write digests of a checkpoint's weights into its folder, or compare the weights with those digests.",
        discussion: """
            The file weights.digests holds 128 bits for each tensor, and for each slice of an expert. Where it lies \
            beside the router's checkpoint, every process proves that it has read the same bytes before it is used: \
            bit rot and files of another model are named and left out. It is no defence against somebody who forges \
            weights. Without it other copies are compared with the router's own, which the router has to read for that.
            """)

    @Argument(help: "Folder of the checkpoint.")
    var folder: String

    @Flag(help: "Compare the weights with the digests that are there, and write nothing.")
    var check = false

    @Flag(help: "Replace digests that are there although the weights differ from them.")
    var force = false

    @Option(help: "Threads that read (default: as many as there are cores).")
    var threads: Int?

    mutating func validate() throws {
        if let threads, !(1 ... 4096).contains(threads) {
            throw ValidationError("'--threads' takes a number from 1 to 4096, not \(threads).")
        }
    }

    func run() async throws {
        let begin = ContinuousClock.now
        let files: WeightFiles, recorded: WeightDigests?
        do {
            files = try WeightFiles(directory: folder)
            recorded = force ? nil : try WeightDigests(beside: files)
        } catch { throw StartError("\(folder): \(error)") }
        if check, recorded == nil {
            throw StartError("\(folder) has no \(WeightDigests.fileName) to compare with; minimax digest makes it")
        }
        let found = try await interruptible { try await read(files) }
        if let recorded { try compare(recorded, found, files) }
        if !check { try write(found) }
        let seconds = oneDecimal((ContinuousClock.now - begin) / .seconds(1))
        let result = check ? "all is as \(WeightDigests.fileName) says" : "wrote \(folder)/\(WeightDigests.fileName)"
        try printToStandardOutput("Read \(Amount.bytes(files.byteCount)) in \(seconds) s: \(result).")
    }

    private func read(_ files: WeightFiles) async throws -> WeightDigests {
        let compute = Compute(threads: threads ?? Machine.coreCount), lane = ComputeLane(label: "digests")
        return try await ProgressDisplay().showing(ProgressBar(title: "digests", total: files.byteCount)) { progress in
            let isCancelled = CancellationFlag()
            return try await withTaskCancellationHandler {
                try await lane.run {
                    try WeightDigests(of: files, compute) { byteCount in
                        if isCancelled.isSet { throw CancellationError() }
                        progress.add(byteCount)
                    }
                }
            } onCancel: {
                isCancelled.set()
            }
        }
    }

    private func compare(_ recorded: WeightDigests, _ found: WeightDigests, _ files: WeightFiles) throws {
        let damaged = try recorded.differences(from: found, files).map { piece in
            "\(folder): \(CheckpointError(file: piece.file, tensor: piece.tensor, .damaged))"
        }
        for sentence in damaged.dropLast() { writeToStandardError("\(sentence)\n") }
        let hint = check ? "" : "; nothing was written, and --force replaces the digests if these weights are right"
        if let last = damaged.last { throw StartError(last + hint) }
    }

    private func write(_ digests: WeightDigests) throws {
        let path = "\(folder)/\(WeightDigests.fileName)"
        // In one step: a reader finds the old file or the new one.
        do { try Data(digests.text.utf8).write(to: URL(filePath: path), options: .atomic) } catch {
            throw StartError("\(path) cannot be written: \(error.localizedDescription)")
        }
    }
}
