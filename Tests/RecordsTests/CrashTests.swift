import Foundation
import Records
import Testing

@Suite("Records after a crash", .serialized) struct CrashTests {
    @Test(
        "a writer killed in the middle of its work leaves every turn that was acknowledged, whole", arguments: 0 ..< 12)
    func killed(_ round: Int) async throws {
        try await withFolder { folder in
            let start = session([[7]]), id = start.facts.id
            try await SQLiteRecords(at: folder).create(start)
            let name = id.text, microseconds = UInt32(100 + 5000 * round)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [folder = folder as String, name = name as String, microseconds = microseconds as UInt32] in
                try await CrashingWriter(folder: folder, id: #require(SessionID(name))).write(for: microseconds)
            }
            let acknowledged = try CrashingWriter.acknowledged(in: folder)
            let found = try await SQLiteRecords(at: folder).session(id, of: "a")
            let turns = try #require(found).turns.dropFirst()
            #expect(acknowledged > 0)
            #expect(turns.count >= acknowledged && turns.count <= acknowledged + 1)
            for (index, turn) in turns.enumerated() { #expect(turn == CrashingWriter.turn(index)) }
            #expect(found?.facts.version == turns.count)
        }
    }
}

/// Appends one turn after the other, notes each that was acknowledged, and is killed meanwhile.
private struct CrashingWriter {
    let folder: String
    let id: SessionID

    static func turn(_ index: Int) -> Session.Turn {
        Session.Turn(role: "user", tokens: (0 ..< 50 + index % 1000).map { Int32(index + $0) })
    }

    /// How many turns the writer was told of as stored.
    static func acknowledged(in folder: String) throws -> Int {
        let path = folder + "/acknowledged"
        return FileManager.default.fileExists(atPath: path) ? try Data(contentsOf: URL(fileURLWithPath: path)).count : 0
    }

    func write(for microseconds: UInt32) async throws {
        let records = try SQLiteRecords(at: folder)
        #expect(FileManager.default.createFile(atPath: folder + "/acknowledged", contents: nil))
        let notes = try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/acknowledged"))
        for index in 0... {
            _ = try await records.append([Self.turn(index)], to: id, of: "a", expecting: index, at: 0)
            try notes.write(contentsOf: Data(".".utf8))
            guard index == 0 else { continue }
            Thread.detachNewThread {
                usleep(microseconds)
                kill(getpid(), SIGKILL)
            }
        }
    }
}
