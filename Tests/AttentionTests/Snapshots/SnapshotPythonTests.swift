import Checkpoint
import Foundation
import Snapshots
import TestSupport
import Testing

@testable import Attention

/// The format as `SnapshotFormat` describes it, read by an independent implementation.
@Suite("Files of kept states in Python") struct SnapshotPythonTests {
    private struct Found: Decodable {
        struct Tensor: Decodable {
            let type: String, shape: [Int], data: String

            init(from decoder: any Decoder) throws {
                var fields = try decoder.unkeyedContainer()
                type = try fields.decode(String.self)
                shape = try fields.decode([Int].self)
                data = try fields.decode(String.self)
            }
        }
        let package: String?
        let metadata: [String: String]
        let tensors: [String: Tensor]
    }

    @Test("every tensor, checksum and word of the description is found, by the safetensors package too if it is there")
    func read() throws {
        var random = SplitMix64(seed: 1)
        let memory = TensorMemory()
        // Lengths that fill blocks of digests and that do not.
        let odd = [1, 15, 16, 17, 33].map { memory.tensor("odd.\($0)", .int32, shape: [$0], pieceBytes: 8) }
        let tensors = memory.state() + odd
        for tensor in tensors { tensor.fill(&random) }
        try withFolder { folder in
            try SnapshotFile.write(.example, tensors, to: folder, name: "state")
            let found = try run("\(folder)/state")
            #expect(found.tensors.count == tensors.count)
            for tensor in tensors {
                let other = try #require(found.tensors[tensor.name])
                #expect(other.type == tensor.elementType.rawValue && other.shape == tensor.shape)
                #expect(other.data == Data(tensor.content).base64EncodedString(), "\(tensor.name)")
            }
            let metadata = found.metadata.filter { !$0.key.hasPrefix("checksum.") }
            #expect(
                metadata == [
                    "format": "minimax-state", "format_version": "1",
                    "fingerprint": "00112233445566778899aabbccddeeff", "arithmetic": "exact", "length": "67",
                    "owner": "router \"1\"", "scope": "account é\u{0}\n", "promised": "true", "worth_ms": "1234",
                    "created": "1796000000",
                ])
        }
    }

    @Test("a file of several parts, too")
    func sections() throws {
        var random = SplitMix64(seed: 2)
        let memory = TensorMemory(), tokens = memory.tensor(SnapshotFormat.tokens, .int32, shape: [67], pieceBytes: 400)
        tokens.fill(&random)
        try withFolder { folder in
            var files: [[UInt8]] = [], headers: [SnapshotPartFile] = [], written: [String: [UInt8]] = [:]
            for part in AttentionPart.all(of: 2) {
                let own = Array(memory.state().dropFirst())
                for tensor in own { tensor.fill(&random) }
                for tensor in [tokens] + own { written["parts.\(part.index).\(tensor.name)"] = tensor.content }
                var description = SnapshotDescription.example
                description.heads = .part(part)
                try SnapshotFile.write(description, [tokens] + own, to: folder, name: "part")
                files.append(try Array(Data(contentsOf: URL(filePath: "\(folder)/part"))))
                let count = try SnapshotHeader.byteCount(beginning: Array(files[part.index][..<8]), fileByteCount: .max)
                headers.append(.init(header: Array(files[part.index][..<count]), byteCount: files[part.index].count))
            }
            let joined = try JoinedSnapshot(headers), data = zip(files, joined.data).flatMap { $0[$1] }
            try Data(joined.header + data).write(to: URL(filePath: "\(folder)/whole"))
            let found = try run("\(folder)/whole")
            #expect(found.metadata["format_version"] == "2" && found.metadata["part_count"] == "2")
            #expect(found.tensors.mapValues(\.data) == written.mapValues { Data($0).base64EncodedString() })
        }
    }

    private func run(_ path: String) throws -> Found {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let python = ProcessInfo.processInfo.environment["MINIMAX_TEST_PYTHON"] ?? "python3"
        let process = Process(), output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [python, tests.appending(path: "Reference/read_snapshot.py").path, path]
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(python) said: \(String(decoding: said, as: UTF8.self))")
        return try JSONDecoder().decode(Found.self, from: said)
    }
}
