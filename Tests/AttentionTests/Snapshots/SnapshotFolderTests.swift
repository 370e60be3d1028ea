import Console
import Foundation
import Messages
import Snapshots
import TestSupport
import Testing

@testable import Attention

@Suite("Folders of kept states") struct SnapshotFolderTests {
    private let memory = TensorMemory()

    private func described(_ length: Int) -> SnapshotDescription {
        var description = SnapshotDescription.example
        description.length = length
        return description
    }

    private func alter(_ path: String, at place: Int) throws {
        var content = try Data(contentsOf: URL(filePath: path))
        content[place] ^= 1
        try content.write(to: URL(filePath: path))
    }

    @Test("states are found by their ids with what was written, and are gone when they are deleted")
    func contents() throws {
        try withFolder { parent in
            let folder = try SnapshotFolder("\(parent)/a/b", flag: "--state-folder")
            #expect(try folder.contents().states == [] && folder.byteCount() == 0)
            let ids: [StateID] = [0xABC, 1, 0xFFFF_FFFF_FFFF_FFFF]
            var sizes: [Int] = []
            for (index, id) in ids.enumerated() {
                sizes.append(try folder.write(id, described(index), memory.state()))
            }
            #expect(
                try files(in: folder.path) == [
                    "0000000000000001.safetensors", "0000000000000abc.safetensors", "ffffffffffffffff.safetensors",
                ])
            // A new process finds the same.
            let again = try SnapshotFolder(folder.path, flag: "--state-folder")
            let contents = try again.contents()
            #expect(contents.refused == [])
            #expect(contents.states.map(\.id) == ids.sorted())
            #expect(contents.states.map(\.description.length) == [1, 0, 2])
            #expect(contents.states.map(\.byteCount) == [sizes[1], sizes[0], sizes[2]])
            #expect(try again.byteCount() == sizes.reduce(0, +))
            try again.open(1).read(into: memory.state())
            #expect(try again.open(1).bytes(at: 8, count: 14) == Array(#"{"__metadata__"#.utf8))
            #expect(try again.delete(1))
            #expect(try !again.delete(1))
            #expect(throws: SnapshotError.missing) { try again.open(1) }
            #expect(throws: SnapshotError.missing) { try again.setAside(1) }
            #expect(try again.byteCount() == sizes[0] + sizes[2])
        }
    }

    @Test("a file with a damaged header gets another name; one of a newer format stays, and both are reported")
    func refused() throws {
        try withFolder { path in
            let folder = try SnapshotFolder(path, flag: "--state-folder")
            for id in 1 ... 4 as ClosedRange<UInt64> {
                try folder.write(StateID(rawValue: id), described(7), memory.state())
            }
            try alter("\(path)/\(folder.file(2))", at: 120)
            let newer = "\(path)/\(folder.file(3))"
            try newerFormat(Array(Data(contentsOf: URL(filePath: newer)))).write(to: URL(filePath: newer))
            try FileManager.default.removeItem(atPath: "\(path)/\(folder.file(4))")
            try FileManager.default.createDirectory(
                atPath: "\(path)/\(folder.file(4))", withIntermediateDirectories: false)
            let contents = try folder.contents()
            #expect(contents.states.map(\.id) == [1])
            #expect(
                contents.refused == [
                    .init(
                        file: "0000000000000002.safetensors.damaged",
                        error: .damaged("the checksum of its header is not that of what was written")),
                    .init(file: folder.file(3), error: .newerFormat(expected: 2, found: 3)),
                    .init(file: folder.file(4), error: .disk("it is not a regular file")),
                ])
            #expect(
                try files(in: path) == [
                    folder.file(1), "\(folder.file(2)).damaged", folder.file(3), folder.file(4),
                ])
            #expect(try folder.contents().refused.map(\.file) == [folder.file(3), folder.file(4)])
        }
    }

    private func newerFormat(_ content: [UInt8]) -> Data {
        let text = Array("\"format_version\":\"1\"".utf8),
            length = 8 + content[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        var header = Array(content[..<length])
        let place = header.indices.first { header[$0...].starts(with: text) }!
        header[place + text.count - 2] = UInt8(ascii: "3")
        return Data(SnapshotHeader.signed(header) + content[length...])
    }

    @Test("damage in a state's data is found when it is read, and the file can be set aside")
    func damagedData() throws {
        try withFolder { path in
            let folder = try SnapshotFolder(path, flag: "--state-folder")
            let size = try folder.write(5, described(7), memory.state())
            try alter("\(path)/\(folder.file(5))", at: size - 1)
            #expect(try folder.contents().states.map(\.id) == [5])
            let error = #expect(throws: SnapshotError.self) { try folder.open(5).read(into: memory.state()) }
            #expect(error == .damaged("the checksum of its tensor layers.1.pages is not that of what was written"))
            try folder.setAside(5)
            #expect(try folder.contents().states == [] && folder.byteCount() == 0)
        }
    }

    @Test("what an ended process left half-written is removed, what another writes or owns is not")
    func leftovers() throws {
        try withFolder { path in
            let folder = try SnapshotFolder(path, flag: "--state-folder")
            try folder.write(1, described(7), memory.state())
            let others = [
                "note.tmp", "0000000000000001.tmp", "0000000000000001.safetensors.abc.tmp", "zzz.safetensors",
                "1.safetensors", "000000000000000A.safetensors", "0000000000000000.safetensors",
            ]
            for name in others { #expect(FileManager.default.createFile(atPath: "\(path)/\(name)", contents: nil)) }
            for name in ["0000000000000001.safetensors.AbC123.tmp", "00000000000000ff.safetensors.000000.tmp"] {
                #expect(FileManager.default.createFile(atPath: "\(path)/\(name)", contents: Data([1, 2, 3])))
            }
            let writing = try NewSnapshotFile(folder.file(2), in: path)
            let mine = try files(in: path).filter { $0.hasPrefix("\(folder.file(2)).") }
            #expect(mine.count == 1)
            let again = try SnapshotFolder(path, flag: "--state-folder")
            #expect(try files(in: path) == (others + mine + [folder.file(1)]).sorted())
            #expect(try again.contents().states.map(\.id) == [1] && again.contents().refused == [])
            _ = consume writing
            #expect(try files(in: path) == (others + [folder.file(1)]).sorted())
        }
    }

    @Test(
        "a folder that cannot be used names the flag and why",
        arguments: [
            ("", "the folder's name is empty or contains a zero byte"), ("/dev/null", "Not a directory"),
            ("/dev/null/x", "Not a directory"), ("a\u{0}b", "the folder's name is empty or contains a zero byte"),
        ])
    func unusable(path: String, why: String) {
        let error = #expect(throws: StartError.self) { try SnapshotFolder(path, flag: "--state-folder") }
        #expect(error?.description == "--state-folder \(path) cannot be used: \(why)")
    }
}
