internal import Checkpoint
internal import Foundation

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
        let onDisk = weights.count == 0 ? "no weights here" : "\(Self.bytes(weights.bytes)) in \(weights.count) file\(weights.count == 1 ? "" : "s")"
        var rows = [
            ("family", summary.family.rawValue),
            ("parameters", "\(Self.grouped(summary.parameters)) (\(Self.rounded(summary.parameters)))"),
            ("active per token", "\(Self.grouped(summary.activeParameters)) (\(Self.rounded(summary.activeParameters)))"),
            ("layers", "\(config.layerCount): \(lightning) lightning, \(config.layerCount - lightning) softmax"),
            ("hidden size", Self.grouped(config.hiddenSize)),
            ("attention", "\(config.headCount) heads of \(config.headDimension), \(config.keyValueHeadCount) key/value heads in softmax layers"),
            ("experts", "\(config.expertCount) a layer, \(config.expertsPerToken) a token, intermediate size \(Self.grouped(config.intermediateSize))"),
            ("vocabulary", "\(Self.grouped(config.vocabularySize)) tokens"),
            ("context", "\(Self.grouped(config.maxPositions)) tokens"),
            ("weights", "\(Self.bytes(summary.byteCount)) in \(weightType), experts \(Self.bytes(summary.expertByteCount)); \(onDisk)"),
            ("state per session", Self.bytes(summary.lightningStateBytes)),
            ("KV per token", "\(Self.bytes(summary.keyValueBytesPerToken)) in bf16, \(Self.bytes(summary.keyValueBytesPerTokenExact)) in f32"),
        ]
        for hosts in hostCounts {
            let label = hosts == hostCounts.first ? "per expert host" : ""
            rows.append((label, "\(Self.bytes(summary.expertByteCount(perHostOf: hosts))) with \(hosts) host\(hosts == 1 ? "" : "s")"))
        }
        let width = rows.map(\.0.count).max() ?? 0
        return ([title] + rows.map { "  \($0)\(String(repeating: " ", count: width - $0.count))  \($1)" }).joined(separator: "\n")
    }

    func json() throws -> String {
        struct Host: Encodable { var expertHosts: Int, bytesPerHost: Int }
        struct Report: Encodable {
            var family, weightType: String
            var parameters, activeParameters, expertParameters: Int
            var layers, lightningLayers, hiddenSize, heads, keyValueHeads, headDimension: Int
            var experts, expertsPerToken, intermediateSize, vocabulary, context: Int
            var bytes, expertBytes, weightFiles, weightFileBytes: Int
            var lightningStateBytesPerSession, keyValueBytesPerToken, keyValueBytesPerTokenExact: Int
            var expertHosts: [Host]
        }
        let report = Report(
            family: summary.family.rawValue, weightType: weightType, parameters: summary.parameters, activeParameters: summary.activeParameters,
            expertParameters: summary.expertParameters, layers: config.layerCount,
            lightningLayers: config.layers.count { $0 == .lightning }, hiddenSize: config.hiddenSize, heads: config.headCount,
            keyValueHeads: config.keyValueHeadCount, headDimension: config.headDimension, experts: config.expertCount,
            expertsPerToken: config.expertsPerToken, intermediateSize: config.intermediateSize, vocabulary: config.vocabularySize,
            context: config.maxPositions, bytes: summary.byteCount, expertBytes: summary.expertByteCount, weightFiles: weights.count,
            weightFileBytes: weights.bytes, lightningStateBytesPerSession: summary.lightningStateBytes,
            keyValueBytesPerToken: summary.keyValueBytesPerToken, keyValueBytesPerTokenExact: summary.keyValueBytesPerTokenExact,
            expertHosts: hostCounts.map { Host(expertHosts: $0, bytesPerHost: summary.expertByteCount(perHostOf: $0)) })
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(report), as: UTF8.self)
    }

    /// `1234567` as `1,234,567`.
    static func grouped(_ number: Int) -> String {
        var result = ""
        for (index, digit) in String(number).reversed().enumerated() {
            if index > 0, index.isMultiple(of: 3) { result.append(",") }
            result.append(digit)
        }
        return String(result.reversed())
    }

    /// `456089655296` as `456.1 B`.
    static func rounded(_ count: Int) -> String {
        for (unit, size) in [("T", 1e12), ("B", 1e9), ("M", 1e6), ("k", 1e3)] where Double(count) >= size {
            return "\(oneDecimal(Double(count) / size)) \(unit)"
        }
        return "\(count)"
    }

    /// In binary units, whole where it is: `293601280` as `280 MiB`.
    static func bytes(_ count: Int) -> String {
        for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] where count >= 1 << shift {
            return count.isMultiple(of: 1 << shift) ? "\(count >> shift) \(unit)" : "\(oneDecimal(Double(count) / Double(1 << shift))) \(unit)"
        }
        return "\(count) bytes"
    }
}
