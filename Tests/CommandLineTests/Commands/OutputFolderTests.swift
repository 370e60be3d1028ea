import Console
import Foundation
import Testing

@testable import CommandLineTool

@Suite("Output folder") struct OutputFolderTests {
    struct Failure: Error {}

    private func refusal(_ path: String, bytes: Int = 1, free: Int? = nil) -> String? {
        do { _ = try OutputFolder(path, for: bytes, freeByteCount: { _ in free }) } catch { return "\(error)" }
        return nil
    }

    @Test("a folder that holds anything is refused, and so is a file; both stay as they are")
    func occupied() async throws {
        try await TemporaryFolder.with { folder in
            try folder.write("b", "precious")
            try folder.write(".a", "hidden")
            #expect(refusal(folder.path) == "--out \(folder.path) must be a new or empty folder; it holds .a")
            #expect(refusal("\(folder.path)/b") == "--out \(folder.path)/b is a file, not a folder")
            #expect(
                refusal("\(folder.path)/b/c")?.hasPrefix("cannot make the folder --out \(folder.path)/b/c: ") == true)
            #expect(folder.names == [".a", "b"])
            #expect(try folder.bytes("b") == Array("precious".utf8))
        }
    }

    @Test("a disk that is too small is refused before anything is made, with what is needed and what is there")
    func disk() async {
        await TemporaryFolder.with { folder in
            #expect(
                refusal(folder.path, bytes: 3 << 30, free: 1 << 30)
                    == "--out \(folder.path) needs 3 GiB, its disk has 1 GiB free")
            #expect(folder.names == nil)
            #expect(refusal(folder.path, bytes: 1 << 30, free: 1 << 30) == nil)
            // Who cannot tell does not stand in the way.
            #expect(refusal(folder.path, bytes: 3 << 30, free: nil) == nil)
        }
    }

    @Test("the disk asked for is the one that the folder will lie on, and a real one answers")
    func realDisk() async throws {
        try await TemporaryFolder.with { folder in
            var asked: [String] = []
            _ = try OutputFolder(
                "\(folder.path)/deep/er", for: 1,
                freeByteCount: {
                    asked.append($0); return nil
                })
            #expect(asked == [FileManager.default.temporaryDirectory.standardizedFileURL.path])
            #expect(throws: StartError.self) { try OutputFolder("\(folder.path)/other", for: Int.max) }
        }
    }

    @Test("what was written is removed on failure, and the folder with it where it is new", arguments: [false, true])
    func failure(existedBefore: Bool) async throws {
        try await TemporaryFolder.with { folder in
            if existedBefore {
                try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
            }
            let output = try OutputFolder(folder.path, for: 1)
            await #expect(throws: Failure.self) {
                try await output.filled {
                    try output.write([1, 2], to: "part")
                    #expect(folder.names == ["part"])
                    throw Failure()
                }
            }
            #expect(folder.names == (existedBefore ? [] : nil))
        }
    }

    @Test("files written are kept on success; the same name twice is an error")
    func success() async throws {
        try await TemporaryFolder.with { folder in
            let output = try OutputFolder(folder.path, for: 1)
            try await output.filled { try output.write([1, 2], to: "x") }
            #expect(try folder.bytes("x") == [1, 2])
            #expect(throws: StartError.self) { try output.write([3], to: "x") }
            #expect(try folder.bytes("x") == [1, 2])
        }
    }
}
