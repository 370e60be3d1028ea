import Foundation
import Snapshots
import TestSupport

@testable import Attention

/// Memory of tensors that lives as long as this object, in pieces, as a state's memory lies.
final class TensorMemory {
    private var pieces: [UnsafeMutableRawBufferPointer] = []

    deinit { for piece in pieces { piece.deallocate() } }

    /// A tensor of zeros in pieces of `pieceBytes`; the last may be shorter.
    func tensor(
        _ name: String, _ type: SnapshotTensor.ElementType, shape: [Int], pieceBytes: Int
    ) -> SnapshotTensor {
        let byteCount = shape.reduce(4, *)
        let mine = stride(from: 0, to: byteCount, by: pieceBytes).map { start in
            let count = min(pieceBytes, byteCount - start)
            let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
            piece.initializeMemory(as: UInt8.self, repeating: 0)
            return piece
        }
        pieces += mine
        return SnapshotTensor(name, type, shape: shape, pieces: mine)
    }

    /// The tensors of a small state: two lightning layers around a softmax layer.
    func state(rows: Int = 3, tokens: Int = 67, pageBytes: Int = 2 * 2 * 64 * 8 * 4) -> [SnapshotTensor] {
        var tensors = [tensor(SnapshotFormat.tokens, .int32, shape: [tokens], pieceBytes: 1000)]
        for layer in [0, 2] {
            tensors.append(
                tensor(SnapshotFormat.state(layer: layer), .float32, shape: [4, 8, 8], pieceBytes: 4 * 8 * 8 * 4))
            tensors.append(
                tensor(SnapshotFormat.openKeys(layer: layer), .float32, shape: [4, 1, 8, 16], pieceBytes: 8 * 16 * 4))
            tensors.append(
                tensor(SnapshotFormat.openValues(layer: layer), .float32, shape: [4, rows, 8], pieceBytes: rows * 32))
        }
        tensors.append(
            tensor(SnapshotFormat.pages(layer: 1), .float32, shape: [2, 2, 2, 64, 8], pieceBytes: pageBytes))
        return tensors
    }
}

extension SnapshotTensor {
    var content: [UInt8] { pieces.flatMap { Array($0) } }

    func fill(_ random: inout SplitMix64) {
        for piece in pieces { piece.copyBytes(from: random.bytes(piece.count)) }
    }
}

extension SnapshotDescription {
    static let example = SnapshotDescription(
        fingerprint: "00112233445566778899aabbccddeeff", arithmetic: "exact", length: 67, owner: "router \"1\"",
        scope: "account é\u{0}\n", promised: true, worthMilliseconds: 1234, created: 1_796_000_000)
}

/// Runs `body` with a folder of its own, which is removed with all that is in it.
func withFolder<R>(_ body: (String) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appending(path: "snapshots-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
}

func files(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}

/// Why the file is refused, by its header or by its data; nil: it is good, and `tensors` hold its content.
func refusal(_ path: String, into tensors: [SnapshotTensor]) -> SnapshotError? {
    do throws(SnapshotError) {
        try SnapshotFile.open(path).read(into: tensors)
        return nil
    } catch { return error }
}

extension SnapshotFile {
    /// How many bytes a file with these tensors has.
    static func byteCount(_ description: SnapshotDescription, _ tensors: [SnapshotTensor]) -> Int {
        let header = SnapshotHeader.bytes(description, tensors.map(\.inHeader), checksums: nil)
        return tensors.reduce(header.count) { $0 + $1.byteCount }
    }
}

/// The file with one text in the header replaced, the header's length and checksum being right again.
func resigned(_ content: [UInt8], _ old: String, _ new: String) -> [UInt8] {
    let length = content[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let json = String(decoding: content[8 ..< 8 + length], as: UTF8.self)
    precondition(json.contains(old), "the header has no \(old)")
    let altered = Array(json.replacing(old, with: new, maxReplacements: 1).utf8)
    let header = (0 ..< 8).map { UInt8(truncatingIfNeeded: altered.count >> (8 * $0)) } + altered
    return SnapshotHeader.signed(header) + content[(8 + length)...]
}
