import Foundation
import JSON

/// Ways in which a download or a disk spoils a checkpoint.
enum BrokenCheckpoint: String, CaseIterable, Sendable {
    case truncatedShard, lyingHeader, offsetsBeyondFile, missingShard, unsupportedType, missingTensor, noConfig

    /// Copies the two-shard checkpoint `mixed-original` to `folder` and spoils it.
    func make(in folder: String) throws -> String {
        let target = URL(filePath: folder).appending(path: "model-\(rawValue)")
        try FileManager.default.copyItem(at: Paths.fixture("mixed-original"), to: target)
        let shard = target.appending(path: Self.shard)
        var bytes = [UInt8](try Data(contentsOf: shard))
        switch self {
        case .truncatedShard: bytes.removeLast(100)
        case .lyingHeader: bytes.replaceSubrange(0 ..< 8, with: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])
        case .offsetsBeyondFile: try Self.replace("\"data_offsets\":[0,", with: "\"data_offsets\":[9,", in: &bytes)
        case .missingShard:
            try FileManager.default.removeItem(at: shard)
            return target.path
        case .unsupportedType: try Self.replace("\"dtype\":\"BF16\"", with: "\"dtype\":\"F16\" ", in: &bytes)
        case .missingTensor: try Self.replace("layers.", with: "lawyers", in: &bytes)
        case .noConfig: try FileManager.default.removeItem(at: target.appending(path: "config.json"))
        }
        try Data(bytes).write(to: shard)
        return target.path
    }

    static let shard = "model-00001-of-00002.safetensors"

    /// What the error's line must name, beside the file.
    var names: [String] {
        switch self {
        case .truncatedShard: [Self.shard, "tensor model.", "cut short"]
        case .lyingHeader: [Self.shard, "header"]
        case .offsetsBeyondFile: [Self.shard, "tensor model.", "data_offsets"]
        case .missingShard: [Self.shard, "not there"]
        case .unsupportedType: [Self.shard, "tensor model.", "F16"]
        case .missingTensor: [Self.shard, "tensor model."]
        case .noConfig: ["config.json"]
        }
    }

    /// The first occurrence of a text in the header, by one of the same length.
    private static func replace(_ old: String, with new: String, in bytes: inout [UInt8]) throws {
        let range = Data(bytes).firstRange(of: Data(old.utf8))
        guard let range, old.utf8.count == new.utf8.count else { throw SupportError("the fixture has no \(old)") }
        bytes.replaceSubrange(range, with: new.utf8)
    }
}
