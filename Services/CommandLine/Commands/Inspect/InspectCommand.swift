internal import ArgumentParser
internal import Checkpoint
internal import Console
internal import Foundation
internal import Probing
internal import ServiceLife

/// Tells what a checkpoint is and what it takes to serve it.
struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Tell what a checkpoint is: family, parameters, bytes, state per sequence, memory per expert host.",
        discussion: """
            A folder with config.json alone is enough. Where there are weights, the files' headers are read, and what \
            is missing or cut is reported, with exit status 1.
            """)

    @Argument(help: "Folder of the checkpoint.")
    var folder: String

    @Option(help: "Tell the memory per expert host for this many hosts (default: for 1, 2, 4 and 8).")
    var expertHosts: Int?

    @Flag(help: "Print one JSON object; bytes and counts as plain numbers.")
    var json = false

    mutating func validate() throws {
        if let expertHosts, !(1 ... 65_536).contains(expertHosts) {
            throw ValidationError("'--expert-hosts' takes a number from 1 to 65536, not \(expertHosts).")
        }
    }

    func run() async throws {
        let config: ModelConfig
        do { config = try ModelConfig(contentsOf: folder) } catch { throw StartError("\(folder): \(error)") }
        let report = CheckpointReport(
            config, hostCounts: expertHosts.map { [$0] } ?? [1, 2, 4, 8], weights: Self.weightFiles(in: folder))
        try printToStandardOutput(json ? try report.json() : report.text(title: Self.title(of: folder)))
        if let slowness = Machine.slowness() { writeToStandardError("minimax: warning: \(slowness)\n") }
        try Self.checkWeights(in: folder)
    }

    /// The folder, after its name where that is another.
    static func title(of folder: String) -> String {
        let name = checkpointName(of: folder)
        return name == URL(filePath: folder).lastPathComponent ? folder : "\(name) in \(folder)"
    }

    /// Opens the weights as a service does.
    ///
    /// - Throws: `StartError` where they are not all there; there may be none.
    static func checkWeights(in folder: String) throws {
        do { _ = try WeightFiles(directory: folder) } catch {
            if error.reason == .noWeights, weightFiles(in: folder).count == 0 { return }
            throw StartError("\(folder): \(error)")
        }
    }

    /// The count and bytes of the weight files, without opening them.
    static func weightFiles(in folder: String) -> CheckpointReport.WeightFiles {
        let files = FileManager.default
        let names = ((try? files.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".safetensors") }
        let sizes = names.map { name in
            // Shards are often links into a cache.
            let path = URL(fileURLWithPath: "\(folder)/\(name)").resolvingSymlinksInPath().path
            return ((try? files.attributesOfItem(atPath: path))?[.size] as? NSNumber)?.intValue ?? 0
        }
        return .init(count: names.count, bytes: sizes.reduce(0, +))
    }
}
