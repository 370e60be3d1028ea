internal import Checkpoint
internal import Foundation
internal import TerminalOutput

/// What `minimax inspect` prints of a model, as text or JSON.
struct CheckpointReport {
    struct WeightFiles: Equatable { var count: Int, bytes: Int }

    private let config: ModelConfig
    private let summary: ModelSummary
    private let hostCounts: [Int]
    private let weights: WeightFiles

    init(_ config: ModelConfig, hostCounts: [Int], weights: WeightFiles) {
        self.config = config
        self.summary = ModelSummary(config)
        self.hostCounts = hostCounts
        self.weights = weights
    }

    /// What the large matrices are counted as.
    private var weightType: String { config.quantization?.rawValue ?? "bf16" }

    func text(title: String) -> String {
        let lightning = config.layers.count { $0 == .lightning }
        var rows = [
            ("family", summary.family.rawValue),
            ("parameters", count(summary.parameters)),
            ("active per token", count(summary.activeParameters)),
            ("layers", "\(config.layerCount): \(lightning) lightning, \(config.layerCount - lightning) softmax"),
            ("hidden size", Amount.grouped(config.hiddenSize)),
            ("attention", attention),
            ("experts", experts),
            ("vocabulary", "\(Amount.grouped(config.vocabularySize)) tokens"),
            ("context", "\(Amount.grouped(config.maxPositions)) tokens"),
            ("weights", "\(inMemory); \(onDisk)"),
            ("state per sequence", Amount.bytes(summary.lightningStateBytes)),
            ("KV per token", keyValues),
        ]
        for hosts in hostCounts {
            let label = hosts == hostCounts.first ? "per expert host" : ""
            let size = Amount.bytes(summary.expertByteCount(perHostOf: hosts))
            rows.append((label, "\(size) with \(hosts) host\(hosts == 1 ? "" : "s")"))
        }
        let width = rows.map(\.0.count).max() ?? 0
        let lines = rows.map { "  \($0)\(String(repeating: " ", count: width - $0.count))  \($1)" }
        return ([title] + lines).joined(separator: "\n")
    }

    private func count(_ parameters: Int) -> String {
        "\(Amount.grouped(parameters)) (\(Amount.rounded(parameters)))"
    }

    private var attention: String {
        "\(config.headCount) heads of \(config.headDimension), "
            + "\(config.keyValueHeadCount) key/value heads in softmax layers"
    }

    private var experts: String {
        "\(config.expertCount) a layer, \(config.expertsPerToken) a token, "
            + "intermediate size \(Amount.grouped(config.intermediateSize))"
    }

    private var inMemory: String {
        "\(Amount.bytes(summary.byteCount)) in \(weightType), experts \(Amount.bytes(summary.expertByteCount))"
    }

    private var onDisk: String {
        guard weights.count > 0 else { return "no weights here" }
        return "\(Amount.bytes(weights.bytes)) in \(weights.count) file\(weights.count == 1 ? "" : "s")"
    }

    private var keyValues: String {
        "\(Amount.bytes(summary.keyValueBytesPerToken)) in bf16, "
            + "\(Amount.bytes(summary.keyValueBytesPerTokenExact)) in f32"
    }

    func json() throws -> String {
        struct Host: Encodable { var expertHosts: Int, bytesPerHost: Int }
        struct Report: Encodable {
            var family, weightType: String
            var parameters, activeParameters, expertParameters: Int
            var layers, lightningLayers, hiddenSize, heads, keyValueHeads, headDimension: Int
            var experts, expertsPerToken, intermediateSize, vocabulary, context: Int
            var bytes, expertBytes, weightFiles, weightFileBytes: Int
            var lightningStateBytesPerSequence, keyValueBytesPerToken, keyValueBytesPerTokenExact: Int
            var expertHosts: [Host]
        }
        let report = Report(
            family: summary.family.rawValue, weightType: weightType, parameters: summary.parameters,
            activeParameters: summary.activeParameters,
            expertParameters: summary.expertParameters, layers: config.layerCount,
            lightningLayers: config.layers.count { $0 == .lightning }, hiddenSize: config.hiddenSize,
            heads: config.headCount,
            keyValueHeads: config.keyValueHeadCount, headDimension: config.headDimension, experts: config.expertCount,
            expertsPerToken: config.expertsPerToken, intermediateSize: config.intermediateSize,
            vocabulary: config.vocabularySize,
            context: config.maxPositions, bytes: summary.byteCount, expertBytes: summary.expertByteCount,
            weightFiles: weights.count,
            weightFileBytes: weights.bytes, lightningStateBytesPerSequence: summary.lightningStateBytes,
            keyValueBytesPerToken: summary.keyValueBytesPerToken,
            keyValueBytesPerTokenExact: summary.keyValueBytesPerTokenExact,
            expertHosts: hostCounts.map { Host(expertHosts: $0, bytesPerHost: summary.expertByteCount(perHostOf: $0)) })
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(report), as: UTF8.self)
    }
}
