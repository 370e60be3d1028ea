import Checkpoint
import Console
import Foundation
import Logging
import Messages
import Synchronization
import Testing

@testable import Attention

@Suite("States on disk") struct StateDiskTests {
    private static let model = "mixed-original"
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// An engine on the folder that knows what lies there.
    private func start(budgetBytes: Int = 1 << 30) async throws -> AttentionEngine {
        let engine = try await soon {
            try AttentionEngine(Self.model, budgetBytes: budgetBytes, folder: folder.path)
        }
        try engine.states.adopt(engine.states.disk.found())
        return engine
    }

    /// Keeps a state of `length` tokens that ends its sequence.
    private func keep(
        _ engine: AttentionEngine, _ id: StateID, length: Int = 100, worth: Int = 1000, promised: Bool = false,
        hasTokens: Bool = true
    ) async throws {
        try await engine.open(50, tokensMax: length)
        _ = try await engine.carry(50, 0, to: length)
        try await engine.keep(
            50, as: id, closes: true, promised: promised, worth: worth,
            tokens: hasTokens ? (0 ..< Int32(length)).map { $0 } : [])
    }

    private func refuses(
        _ isRight: (AttentionError) -> Bool, location: SourceLocation = #_sourceLocation,
        _ call: () async throws -> Void
    ) async {
        do {
            try await call()
            Issue.record("nothing was thrown", sourceLocation: location)
        } catch let error as AttentionError {
            #expect(isRight(error), "\(error)", sourceLocation: location)
        } catch { Issue.record(error, sourceLocation: location) }
    }

    @Test("are found by the next process, with all that was said of them, and go on byte for byte")
    func restart() async throws {
        do {
            let engine = try await start()
            try await engine.open(1, tokensMax: 300)
            _ = try await engine.carry(1, 0, to: 130)
            _ = try await engine.states.keep(
                KeepStateRequest(
                    sequence: 1, state: 7, owner: AttentionEngine.owner, promised: true, worthMilliseconds: 1234,
                    scope: "a scope", tokens: (0 ..< 130).map { $0 }))
            try await engine.store(7, leavesMemory: false)
            try await engine.keep(1, as: 8)
            try await engine.store(8, leavesMemory: false)
        }
        #expect(try folder.files.count == 2)
        let engine = try await start()
        #expect(try folder.files.count == 1, "what had no tokens nobody could ask for again")
        let listed = engine.list.states
        #expect(listed.map(\.state) == [7] && listed.first?.length == 130 && listed.first?.promised == true)
        #expect(listed.first?.bytes == 0)
        #expect(try listed.first?.diskBytes == size(7))
        let description = try engine.states.describe(DescribeStateRequest(owner: AttentionEngine.owner, state: 7))
        #expect(description.scope == "a scope" && description.worthMilliseconds == 1234)
        #expect(description.tokens == (0 ..< 130).map { $0 })
        try await engine.open(2, from: 7, length: 129)
        let expected = try await AttentionEngine(Self.model).undisturbed(to: 300)
        #expect(try await engine.carry(2, 129, to: 300, pieces: [1, 70])[...] == expected.answers[129...])
        #expect(try await engine.matrices(2) == expected.matrices)
    }

    private func size(_ id: StateID) throws -> Int {
        let file = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(id).safetensors")
        return file[.size] as? Int ?? 0
    }

    @Test(
        "of another checkpoint, another arithmetic or another format of keys and values are not used, and stay",
        arguments: [
            ("all-lightning", "exact", "of another checkpoint"),
            (Self.model, "fast", "another arithmetic: expected fast"),
            (Self.model, "exact+kv-bf16", "another arithmetic: expected exact+kv-bf16"),
        ])
    func foreign(model: String, arithmetic: String, words: String) async throws {
        do {
            let engine = try await start()
            try await keep(engine, 7)
            try await engine.store(7)
        }
        let fingerprint = try Fixture.files(model).fingerprint()
        let log = TestLog()
        let disk = try await soon {
            try StateDisk(
                folder.path, maxBytes: 1 << 30, fingerprint: fingerprint, arithmetic: arithmetic, logger: log.logger)
        }
        #expect(disk.found().isEmpty)
        #expect(log.lines.count == 1)
        #expect(log.lines.first?.contains(words) == true)
        #expect(log.lines.first?.contains("\(StateID(rawValue: 7))") == true)
        #expect(try folder.files.count == 1)
    }

    @Test("a damaged file is told as gone, is gone, and is not found again", arguments: ["altered", "cut", "missing"])
    func damaged(how: String) async throws {
        do {
            let engine = try await start()
            try await keep(engine, 7)
            let bytes = try await engine.store(7)
            let path = "\(folder.path)/\(StateID(rawValue: 7)).safetensors"
            switch how {
            case "altered":
                let file = try FileHandle(forUpdating: URL(filePath: path))
                try file.seek(toOffset: UInt64(bytes - 100))
                let byte = try #require(try file.read(upToCount: 1))
                try file.seek(toOffset: UInt64(bytes - 100))
                try file.write(contentsOf: Data([byte[0] ^ 4]))
            case "cut": try #require(truncate(path, off_t(bytes - 1)) == 0)
            default: try FileManager.default.removeItem(atPath: path)
            }
            await refuses({ if case .damaged(7, _) = $0 { true } else { false } }) {
                _ = try await engine.open(1, from: 7, length: 100)
            }
            await refuses({ $0 == .unknownState(7) }) { _ = try await engine.open(1, from: 7, length: 100) }
            #expect(engine.states.usage == StateUsage(), "nothing of it is left")
        }
        #expect(try await start().list.states.isEmpty)
    }

    @Test("damage that is found while serving is told once, with the file's new name and the reason")
    func damageTold() async throws {
        let log = TestLog(), engine = try AttentionEngine(Self.model, folder: folder.path, logger: log.logger)
        for id in [7, 8] as [StateID] {
            try await keep(engine, id)
            let bytes = try await engine.store(id), path = "\(folder.path)/\(id).safetensors"
            try #require(truncate(path, off_t(bytes - 1)) == 0)
        }
        let request = ExportStateRequest(owner: AttentionEngine.owner, state: 8, offset: 0, bytesMax: 1)
        for _ in 0 ..< 2 {
            await refuses({ _ in true }) { _ = try await engine.open(1, from: 7, length: 100) }
            await refuses({ _ in true }) { _ = try await engine.states.export(request) }
        }
        #expect(log.lines.count == 2, "\(log.lines)")
        for (line, id) in zip(log.lines, [7, 8] as [StateID]) {
            #expect(line.hasPrefix("a state on disk is not used file=\(id).safetensors.damaged why="), "\(line)")
        }
    }

    @Test("damaged files count in the budget, and go first, the oldest before the others")
    func damagedBudget() async throws {
        let engine = try AttentionEngine(Self.model)
        try await keep(engine, 1)
        let bytes = engine.states.disk.fileBytes(try #require(engine.states.store.withLock { $0.kept[1] }))
        let names = ["9", "8"].map { "000000000000000\($0).safetensors.damaged" }        // the older first
        for (age, name) in zip([2, 1], names) {
            let path = "\(folder.path)/\(name)"
            try Data(count: bytes).write(to: URL(filePath: path))
            let written = Date.now - Double(age) * 1000
            try FileManager.default.setAttributes([.modificationDate: written], ofItemAtPath: path)
        }
        let small = try AttentionEngine(Self.model, folder: folder.path, diskBytes: 3 * bytes)
        var damaged: [String] { get throws { try folder.files.filter { $0.hasSuffix(".damaged") }.sorted() } }
        for (id, left) in [(1, names.reversed()), (2, [names[1]])] as [(StateID, [String])] {
            try await keep(small, id)
            try await small.store(id)
            #expect(try damaged == left, "after state \(id)")
        }
        #expect(small.states.usage.onDisk == 2)
    }

    @Test("no file is given up for one that could not be written all the same", arguments: [true, false])
    func fullDisk(_ isFull: Bool) async throws {
        let bytes: Int
        do {
            let engine = try AttentionEngine(Self.model)
            try await keep(engine, 1)
            bytes = engine.states.disk.fileBytes(try #require(engine.states.store.withLock { $0.kept[1] }))
        }
        // What one file would make free is not enough: others have what was free.
        let engine = try AttentionEngine(
            Self.model, folder: folder.path, diskBytes: bytes + 1, freeBytes: { _ in isFull ? 0 : 1 << 40 })
        try await keep(engine, 1, worth: 1)
        try await engine.store(1)
        try await keep(engine, 2, worth: 9000)
        if isFull {
            await refuses({ $0 == .unwritable(2, "others have filled the disk") }) { _ = try await engine.store(2) }
            #expect(engine.list.states.map(\.state) == [1, 2] && engine.states.usage.onDisk == 1)
            try await engine.open(1, from: 1, length: 100)
        } else {
            try await engine.store(2)
            #expect(engine.list.states.map(\.state) == [2])
        }
    }

    @Test("that cannot be read now stay, and can be read later")
    func unreadable() async throws {
        let engine = try await start(), path = "\(folder.path)/\(StateID(rawValue: 7)).safetensors"
        try await keep(engine, 7)
        try await engine.store(7)
        // A folder in its place cannot be read as a file.
        try FileManager.default.moveItem(atPath: path, toPath: path + ".aside")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        await refuses({ if case .unreadable(7, _) = $0 { true } else { false } }) {
            _ = try await engine.open(1, from: 7, length: 100)
        }
        #expect(engine.states.usage.onDisk == 1 && engine.states.usage.usedBytes == 0)
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: path + ".aside", toPath: path)
        try await engine.open(1, from: 7, length: 100)
    }

    @Test("that cannot be written stay in memory as they were")
    func unwritable() async throws {
        let engine = try await start()
        try await keep(engine, 7)
        try FileManager.default.removeItem(atPath: folder.path)
        await refuses({ if case .unwritable(7, "No such file or directory") = $0 { true } else { false } }) {
            _ = try await engine.store(7)
        }
        #expect(engine.states.usage.kept == 1 && engine.states.usage.onDisk == 0)
        let expected = try await AttentionEngine(Self.model).undisturbed(to: 170)
        try await engine.open(2, from: 7, length: 100)
        #expect(try await engine.carry(2, 100, to: 170)[...] == expected.answers[100...])
    }

    @Test("when the disk's budget is full the least valuable file goes, or nothing is written")
    func diskBudget() async throws {
        let engine = try await start()
        try await keep(engine, 1)
        let entry = try #require(engine.states.store.withLock { $0.kept[1] })
        // What a file takes is known about before it is written, and exactly afterwards: so there is room for two.
        let bytes = engine.states.disk.fileBytes(entry), budget = try await engine.store(1) + bytes
        let small = try AttentionEngine(Self.model, diskBytes: budget)
        for (id, worth) in [(1, 9000), (2, 1000), (3, 5000)] as [(StateID, Int)] {
            try await keep(small, id, worth: worth)
        }
        try await small.store(1)
        try await small.store(2, leavesMemory: false)
        try await small.store(3)
        var onDisk: [StateID] { small.list.states.filter { $0.diskBytes > 0 }.map(\.state) }
        #expect(onDisk == [1, 3])
        #expect(small.list.states.map(\.state) == [1, 2, 3], "it is in memory still")
        await refuses({ if case .diskFull(2, needed: bytes, _, budget) = $0 { true } else { false } }) {
            _ = try await small.store(2)
        }
        try await keep(small, 4, worth: 1, promised: true)
        try await small.store(4)
        #expect(onDisk == [1, 4])
        #expect(small.list.states.map(\.state) == [1, 2, 4], "what was on disk only is gone")
        #expect(small.states.counts.evicted.load(ordering: .relaxed) == 1)
    }

    @Test("short memory sends promised and costly states to disk, others away, and opens bring them back")
    func shortMemory() async throws {
        let bytes = try Fixture.files(Self.model).config.stateBytes(tokensMax: 100)
        let engine = try await start(budgetBytes: 3 * bytes)
        try await keep(engine, 1, worth: 1_000_000)
        try await keep(engine, 2, worth: 0)
        try await keep(engine, 3, worth: 0, promised: true, hasTokens: false)
        for sequence in [1, 2, 3] as [SequenceID] { try await engine.open(sequence, tokensMax: 100) }
        #expect(engine.list.states.map(\.state) == [1, 3])
        #expect(engine.list.states.allSatisfy { $0.bytes == 0 && $0.diskBytes > 0 })
        #expect(engine.states.usage.boundBytes == 3 * bytes)
        await refuses({ if case .memory = $0 { true } else { false } }) { _ = try await engine.open(4, tokensMax: 1) }
        await refuses({ if case .memory = $0 { true } else { false } }) {
            _ = try await engine.open(4, from: 1, length: 100, tokensMax: 100)
        }
        try await engine.close([1, 2])
        let expected = try await AttentionEngine(Self.model).undisturbed(to: 100)
        for state in [1, 3] as [StateID] {
            try await engine.open(1, from: state, length: 99, tokensMax: 100)
            #expect(try await engine.carry(1, 99, to: 100)[...] == expected.answers[99...])
            try await engine.close([1])
        }
    }

    @Test("a state that rests is written without being asked")
    func resting() async throws {
        let engine = try await start()
        try await keep(engine, 1, worth: 60_000)
        try await keep(engine, 2, worth: 60_000, hasTokens: false)
        try await keep(engine, 3, worth: 10)
        try await Task.sleep(for: .seconds(1.1))
        var count = 0
        while try await engine.states.storeOneResting() { count += 1 }
        #expect(count == 1)
        #expect(engine.list.states.filter { $0.diskBytes > 0 }.map(\.state) == [1])
        #expect(engine.list.states.allSatisfy { $0.bytes > 0 })
    }

    @Test("a state that is in memory outlives its file, and gets another when it is sent")
    func fileGone() async throws {
        let engine = try await start()
        try await keep(engine, 7)
        let bytes = try await engine.store(7, leavesMemory: false)
        try FileManager.default.removeItem(atPath: "\(folder.path)/\(StateID(rawValue: 7)).safetensors")
        let request = ExportStateRequest(owner: AttentionEngine.owner, state: 7, offset: 0, bytesMax: 1)
        await refuses({ if case .damaged(7, _) = $0 { true } else { false } }) {
            _ = try await engine.states.export(request)
        }
        #expect(try await engine.states.export(request).fileBytes == bytes)
        #expect(engine.states.usage.kept == 1 && engine.states.usage.onDisk == 1)
    }

    @Test("whoever drops one may be cancelled meanwhile: its file goes all the same")
    func cancelled() async throws {
        let engine = try await start()
        try await keep(engine, 7)
        try await engine.store(7)
        let dropped = await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await engine.drop([7])
        }.value
        #expect(dropped == 1)
        #expect(try folder.files.isEmpty)
    }

    @Test("dropped, or taken over, their files go too")
    func files() async throws {
        let engine = try await start()
        for id in [1, 2, 3] as [StateID] {
            try await keep(engine, id)
            try await engine.store(id, leavesMemory: id != 3)
        }
        #expect(try folder.files.count == 3)
        #expect(await engine.drop([1, 9]) == 1)
        try await engine.open(1, from: 2, length: 100, consumes: true)
        try await engine.open(2, from: 3, length: 100, consumes: true)
        #expect(try folder.files.isEmpty)
        #expect(engine.list.states.isEmpty && engine.states.usage.diskBytes == 0)
    }
}
