import Console
import Foundation
import Messages
import Testing

@testable import Attention

@Suite("The folder of states", .serialized) struct StateFolderTests {
    @Test("is used by one process at a time, and is free again afterwards")
    func oneProcess() throws {
        let folder = try TemporaryFolder()
        do {
            let first = try StateFolder(folder.path)
            let error = #expect(throws: StartError.self) { try StateFolder(folder.path) }
            #expect(error?.description.contains("\(folder.path) is in use by another attention service") == true)
            withExtendedLifetime(first) {}
        }
        _ = try StateFolder(folder.path)
        #expect(FileManager.default.fileExists(atPath: folder.path), "one that was asked for stays")
    }

    @Test("that is in use is passed over, where the operator says so, for the first numbered one that is free")
    func numbered() throws {
        let folder = try TemporaryFolder()
        let first = try StateFolder(folder.path, orNext: true)
        #expect(first.files.path == folder.path)
        do {
            let second = try StateFolder(folder.path + "/", orNext: true)
            #expect(second.files.path == folder.path + "-2")
            let third = try StateFolder(folder.path, orNext: true)
            #expect(third.files.path == folder.path + "-3")
            withExtendedLifetime((second, third)) {}
        }
        let again = try StateFolder(folder.path, orNext: true)
        #expect(again.files.path == folder.path + "-2", "who comes again finds the states of one that has ended")
        withExtendedLifetime((first, again)) {}
        for number in 2 ... 3 { try FileManager.default.removeItem(atPath: "\(folder.path)-\(number)") }
    }

    @Test("that nobody asked for ends with its owner; one that a killed process has left is removed, none in use")
    func temporary() throws {
        let manager = FileManager.default
        let path: String
        let abandoned = "/var/tmp/minimax-states-\(UUID().uuidString.prefix(6))"
        do {
            let folder = try StateFolder(nil)
            path = folder.files.path
            try manager.createDirectory(atPath: abandoned, withIntermediateDirectories: false)
            try Data([1]).write(to: URL(filePath: "\(abandoned)/0000000000000001.safetensors"))
            var isThere: Bool { manager.fileExists(atPath: abandoned) }
            withExtendedLifetime(try StateFolder(nil)) {}
            #expect(isThere, "without a lock it may just be made")
            try Data().write(to: URL(filePath: "\(abandoned)/lock"))
            withExtendedLifetime(try StateFolder(nil)) {}
            #expect(isThere, "somebody has asked for it by name")
            try Data().write(to: URL(filePath: "\(abandoned)/\(StateFolder.temporaryLockName)"))
            withExtendedLifetime(try StateFolder(nil)) {}
            #expect(!isThere)
            #expect(manager.fileExists(atPath: path))
            withExtendedLifetime(folder) {}
        }
        #expect(!manager.fileExists(atPath: path))
    }

    @Test("that is made is for its user alone, as are those around it")
    func mode() throws {
        let folder = try TemporaryFolder()
        withExtendedLifetime(try StateFolder("\(folder.path)/data/states")) {}
        for path in ["\(folder.path)/data", "\(folder.path)/data/states"] {
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o700)
        }
    }

    @Test("that cannot be used is refused at the start, by the flag's name")
    func refused() {
        for path in ["/dev/null/states", "a\0b", ""] {
            let error = #expect(throws: StartError.self) { try StateFolder(path) }
            #expect(error?.description.contains("--states-folder \(path) cannot be used") == true)
        }
    }

    @Test("an engine's states end with it where no folder was named")
    func engine() async throws {
        var path = ""
        do {
            let engine = try AttentionEngine("mixed-original")
            path = engine.states.disk.path
            try await engine.open(1)
            _ = try await engine.carry(1, 0, to: 3)
            try await engine.keep(1, as: 7)
            try await engine.store(7)
            #expect(try FileManager.default.contentsOfDirectory(atPath: path).count == 2)
        }
        try await soon { if FileManager.default.fileExists(atPath: path) { throw CocoaError(.fileWriteFileExists) } }
    }
}
