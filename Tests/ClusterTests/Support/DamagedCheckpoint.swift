import Foundation
import JSON

@testable import Checkpoint

/// Copies of the demo model whose names, shapes and sizes are right, and some of whose weights are not.
enum DamagedCheckpoint: Sendable, CaseIterable {
    /// Every expert is zero.
    case zeroExperts
    /// One bit of one expert's w2.
    case flippedBit
    /// One file is that of another model.
    case foreignShard

    /// A tensor whose damage is found, and the file it lies in.
    var names: String {
        switch self {
        case .zeroExperts, .foreignShard: ".safetensors: tensor model.layers."
        case .flippedBit: ".safetensors: tensor model.layers.3.block_sparse_moe.experts.5.w2.weight"
        }
    }

    func make(in folder: String) throws -> String {
        let copy = try Self.copy(in: folder, "damaged-\(self)")
        switch self {
        case .zeroExperts:
            try Self.change(copy, { $0.contains(".experts.") }) { $0 = [UInt8](repeating: 0, count: $0.count) }
        case .flippedBit: try Self.flipBit(of: "model.layers.3.block_sparse_moe.experts.5.w2.weight", in: copy)
        case .foreignShard:
            let files = try WeightFiles(directory: copy), shard = files.expertFile
            func isForeign(_ tensor: String) -> Bool {
                // The last gate and the final norm would show another model at once.
                let isTelling = tensor.hasSuffix("norm.weight") || tensor.contains(".gate.")
                return files.locations[tensor]?.file.name == shard && !isTelling
            }
            try Self.change(copy, isForeign) { $0.reverse() }
        }
        return copy
    }

    /// The demo model's files once more.
    ///
    /// - Parameter digests: whether the digests lie beside them.
    static func copy(in folder: String, _ name: String, digests: Bool = false) throws -> String {
        let target = "\(folder)/\(name)", files = FileManager.default
        try files.createDirectory(atPath: target, withIntermediateDirectories: true)
        for file in try files.contentsOfDirectory(atPath: Paths.demo) {
            let isDigests = file == WeightDigests.fileName
            guard isDigests ? digests : file.contains(".json") || file.hasSuffix(".safetensors") else { continue }
            try files.copyItem(atPath: "\(Paths.demo)/\(file)", toPath: "\(target)/\(file)")
        }
        return target
    }

    static func flipBit(of tensor: String, in copy: String) throws {
        try change(copy, { $0 == tensor }) { $0[$0.count / 2] ^= 0x04 }
    }

    /// Changes the bytes of some tensors where they lie.
    private static func change(_ copy: String, _ isMeant: (String) -> Bool, _ body: (inout [UInt8]) -> Void) throws {
        let files = try WeightFiles(directory: copy)
        let locations = files.locations.filter { isMeant($0.key) }.values
        guard !locations.isEmpty else { throw SupportError("no such tensor in \(copy)") }
        for location in locations {
            var bytes = location.file.bytes(location.entry.bytes)
            body(&bytes)
            let file = try FileHandle(forUpdating: URL(filePath: "\(copy)/\(location.file.name)"))
            try file.seek(toOffset: UInt64(location.entry.bytes.lowerBound))
            try file.write(contentsOf: Data(bytes))
            try file.close()
        }
    }
}

extension WeightFiles {
    /// The file that holds the expert in the middle.
    fileprivate var expertFile: String? { locations["model.layers.7.block_sparse_moe.experts.3.w1.weight"]?.file.name }
}
