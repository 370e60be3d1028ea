import Checkpoint
import Console
import Foundation
import Messages
import Synchronization
import Tensors
import Testing

@testable import Attention

@Suite("Parking") struct ParkingTests {
    private static let checkpoint = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/mixed-original").path
    private static let tokensMax = 400
    private static let sessionBytes = try! WeightFiles(directory: checkpoint).config.sessionBytes(tokensMax: tokensMax)

    private func engine(
        sessions: Int = 8,
        makeFile: @escaping @Sendable () throws(ParkingError) -> ParkingFile = { () throws(ParkingError) in
            try ParkingFile(in: "/tmp")
        }
    ) throws -> AttentionEngine {
        try AttentionEngine(
            WeightFiles(directory: Self.checkpoint), compute: Compute(threads: 1),
            memoryBudgetBytes: sessions * Self.sessionBytes, makeParkingFile: makeFile)
    }

    private func openSession(_ engine: AttentionEngine, _ session: UInt64) async throws {
        _ = try await engine.open(OpenSessionRequest(session: session, tokensMax: Self.tokensMax))
    }

    /// Every layer's answer to `count` rows at position `start`, and the states after them.
    private func step(_ engine: AttentionEngine, _ session: UInt64, start: Int, count: Int) async throws -> [[UInt32]] {
        let columns = engine.config.hiddenSize
        let hidden = (0 ..< count * columns).map { Float(($0 * 7 + start * 31) % 211 - 105) / 67 }
        var answers: [[UInt32]] = []
        for layer in engine.config.layers.indices {
            let answer = try await engine.attend(
                SublayerRequest(
                    layer: layer, spans: [SessionSpan(session: session, start: start, count: count)], hidden: hidden))
            answers.append((answer.partial + answer.squares).map(\.bitPattern))
            if engine.config.layers[layer] == .lightning {
                answers.append(
                    try await engine.state(StateRequest(session: session, layer: layer)).state.map(\.bitPattern))
            }
        }
        return answers
    }

    @Test(
        "a session comes back byte for byte, wherever in a block and a page it stands",
        arguments: [0, 1, 5, 63, 64, 65, 130, 300])
    func equality(length: Int) async throws {
        let engine = try engine()
        for session in [1, 2] as [UInt64] {
            try await openSession(engine, session)
            if length > 0 { _ = try await step(engine, session, start: 0, count: length) }
        }
        #expect(try await engine.park(ParkSessionRequest(session: 1)).parkedBytes > 0)
        try await openSession(engine, 3)        // takes the memory that was freed
        _ = try await step(engine, 3, start: 0, count: 200)
        #expect(try await engine.resume(ResumeSessionRequest(session: 1)).reservedBytes == Self.sessionBytes)
        for (start, count) in [(length, 70), (length + 70, 1)] {
            let parked = try await step(engine, 1, start: start, count: count),
                never = try await step(engine, 2, start: start, count: count)
            #expect(parked == never)
        }
    }

    @Test("what a session has seen is written, and of the rest no more than fills a group of keys")
    func size() async throws {
        let engine = try engine()
        try await openSession(engine, 1)
        let empty = try await engine.park(ParkSessionRequest(session: 1)).parkedBytes
        _ = try await engine.resume(ResumeSessionRequest(session: 1))
        _ = try await step(engine, 1, start: 0, count: 3)
        // Three rows of each lightning head and of each key/value head: a group of keys, and three values.
        let config = engine.config
        let head = (Kernels.keyGroupLength + 3) * config.headDimension * 4
        let heads = config.layers.reduce(0) { $0 + ($1 == .lightning ? config.headCount : config.keyValueHeadCount) }
        #expect(try await engine.park(ParkSessionRequest(session: 1)).parkedBytes == empty + heads * head)
        #expect(
            engine.usage.parked == 1 && engine.usage.parkedBytes == empty + heads * head && engine.usage.sessions == 0)
    }

    @Test("parking frees the session's memory for others; resuming takes it again, or fails while there is none")
    func budget() async throws {
        let engine = try engine(sessions: 1)
        try await openSession(engine, 1)
        _ = try await step(engine, 1, start: 0, count: 10)
        _ = try await engine.park(ParkSessionRequest(session: 1))
        #expect(engine.usage.reservedBytes == 0)
        try await openSession(engine, 2)
        await #expect(throws: AttentionError.memory(needed: Self.sessionBytes, free: 0, budget: Self.sessionBytes)) {
            try await engine.resume(ResumeSessionRequest(session: 1))
        }
        #expect(try await engine.close(CloseSessionsRequest(sessions: [2], all: false)).closed == 1)
        _ = try await engine.resume(ResumeSessionRequest(session: 1))
        #expect(engine.usage.reservedBytes == Self.sessionBytes)
    }

    @Test("calls for a session in the wrong place say where it is")
    func wrongPlace() async throws {
        let engine = try engine()
        await #expect(throws: AttentionError.unknownSession(1)) {
            try await engine.park(ParkSessionRequest(session: 1))
        }
        await #expect(throws: AttentionError.unknownSession(1)) {
            try await engine.resume(ResumeSessionRequest(session: 1))
        }
        try await openSession(engine, 1)
        await #expect(throws: AttentionError.notParked(1)) { try await engine.resume(ResumeSessionRequest(session: 1)) }
        _ = try await engine.park(ParkSessionRequest(session: 1))
        await #expect(throws: AttentionError.parked(1)) { try await engine.park(ParkSessionRequest(session: 1)) }
        await #expect(throws: AttentionError.parked(1)) { try await step(engine, 1, start: 0, count: 1) }
        await #expect(throws: AttentionError.parked(1)) { try await engine.state(StateRequest(session: 1, layer: 0)) }
        await #expect(throws: AttentionError.sessionExists(1)) { try await openSession(engine, 1) }
    }

    @Test("a session that cannot be written stays in memory as it was", arguments: ["/dev/full", "/no/such/folder"])
    func fullDisk(place: String) async throws {
        let engine = try engine { () throws(ParkingError) in
            place == "/dev/full" ? ParkingFile(descriptor: open("/dev/full", O_RDWR)) : try ParkingFile(in: place)
        }
        let why = place == "/dev/full" ? "No space left on device" : "No such file or directory"
        for session in [1, 2] as [UInt64] {
            try await openSession(engine, session)
            _ = try await step(engine, session, start: 0, count: 100)
        }
        await #expect(throws: AttentionError.parking(1, .disk(why))) {
            try await engine.park(ParkSessionRequest(session: 1))
        }
        #expect(engine.usage.reservedBytes == 2 * Self.sessionBytes)
        let (tried, never) = (
            try await step(engine, 1, start: 100, count: 3), try await step(engine, 2, start: 100, count: 3)
        )
        #expect(tried == never)
    }

    /// A file that the test can reach, and what to do to it once it is written.
    enum Damage: String, CaseIterable { case shorter, empty, header, oneBit }

    @Test("a damaged state is lost, and says so; nothing of it is left", arguments: Damage.allCases)
    func damage(_ damage: Damage) async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "parking-\(UUID().uuidString)").path
        defer { unlink(path) }
        let engine = try engine { ParkingFile(descriptor: open(path, O_RDWR | O_CREAT, 0o600)) }
        try await openSession(engine, 1)
        _ = try await step(engine, 1, start: 0, count: 70)
        let byteCount = try await engine.park(ParkSessionRequest(session: 1)).parkedBytes
        var bytes = try Data(contentsOf: URL(filePath: path))
        #expect(bytes.count == byteCount)
        let why: String
        switch damage {
        case .shorter: (bytes, why) = (bytes.dropLast(), "it ends after \(byteCount - 1) bytes")
        case .empty: (bytes, why) = (Data(), "it ends after 0 bytes")
        case .header:
            bytes[9] ^= 1
            why = "its header is not the one that was written"
        case .oneBit:
            bytes[byteCount - 7] ^= 4
            why = "its checksum is not that of what was written"
        }
        try #require(truncate(path, off_t(bytes.count)) == 0)
        let file = try FileHandle(forUpdating: URL(filePath: path))
        try file.write(contentsOf: bytes)
        await #expect(throws: AttentionError.lost(1, .damaged(why))) {
            try await engine.resume(ResumeSessionRequest(session: 1))
        }
        await #expect(throws: AttentionError.unknownSession(1)) {
            try await engine.resume(ResumeSessionRequest(session: 1))
        }
        #expect(engine.usage.reservedBytes == 0 && engine.usage.parked == 0)
    }

    @Test("a state that cannot be read now stays parked")
    func unreadable() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "parking-\(UUID().uuidString)").path
        defer { unlink(path) }
        let engine = try engine { ParkingFile(descriptor: open(path, O_WRONLY | O_CREAT, 0o600)) }
        try await openSession(engine, 1)
        _ = try await engine.park(ParkSessionRequest(session: 1))
        for _ in 0 ..< 2 {
            await #expect(throws: AttentionError.resuming(1, .disk("Bad file descriptor"))) {
                try await engine.resume(ResumeSessionRequest(session: 1))
            }
        }
        #expect(engine.usage.reservedBytes == 0 && engine.usage.parked == 1)
    }

    @Test("closing parked sessions, one or all, lets go of their files")
    func closing() async throws {
        final class Files: Sendable {
            private struct Reference { weak var file: ParkingFile? }
            private let all = Mutex<[Reference]>([])
            var count: Int { all.withLock { $0.count { $0.file != nil } } }
            func make() throws(ParkingError) -> ParkingFile {
                let file = try ParkingFile(in: "/tmp")
                all.withLock { $0.append(Reference(file: file)) }
                return file
            }
        }
        let files = Files()
        let engine = try engine { () throws(ParkingError) in try files.make() }
        for session in 1 ... 4 as ClosedRange<UInt64> {
            try await openSession(engine, session)
            if session > 1 { _ = try await engine.park(ParkSessionRequest(session: session)) }
        }
        #expect(files.count == 3)
        #expect(try await engine.close(CloseSessionsRequest(sessions: [2, 2, 9], all: false)).closed == 1)
        #expect(files.count == 2)
        #expect(try await engine.close(CloseSessionsRequest(sessions: [], all: true)).closed == 3)
        #expect(files.count == 0 && engine.usage.reservedBytes == 0)
    }

    @Test("a session that is closed while it is moved is gone when that ends, whichever way it moved")
    func closedMeanwhile() throws {
        let config = try WeightFiles(directory: Self.checkpoint).config
        var store = SessionStore(config, budgetBytes: Self.sessionBytes)
        let reserved = try store.open(1, tokensMax: Self.tokensMax)
        let session = try store.beginParking(1)
        #expect(throws: AttentionError.moving(1)) { try store.session(1) }
        let wasThere = store.close(1), isStillThere = store.close(1)
        #expect(wasThere && !isStillThere && store.reservedBytes == reserved)
        #expect(throws: AttentionError.unknownSession(1)) { try store.finishMove(of: 1, as: .open(session)) }
        #expect(store.reservedBytes == 0 && store.count == 0)

        _ = try store.open(2, tokensMax: Self.tokensMax)
        let parked = try ParkedSession(store.beginParking(2), to: ParkingFile(in: "/tmp"))
        try store.finishMove(of: 2, as: .parked(parked))
        _ = try store.beginResuming(2, tokensMax: 0)
        let closed = store.closeAll(of: 0)
        #expect(closed == 1 && store.reservedBytes == reserved)
        #expect(throws: AttentionError.unknownSession(2)) { try store.finishMove(of: 2, as: .parked(parked)) }
        #expect(store.reservedBytes == 0 && store.count == 0 && store.parked.isEmpty)
    }

    @Test("the files have no names; a folder that cannot be used is refused at the start")
    func folder() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "parking-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = try ParkingFolder(folder).makeFile()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        withExtendedLifetime(file) {}
        for path in ["\(folder)/none", "zero\0byte", ""] {
            let error = #expect(throws: StartError.self) { try ParkingFolder(path) }
            #expect(error?.description.contains("--parking-folder \(path) cannot be used") == true)
        }
        #expect(try ParkingFolder(nil).path.isEmpty == false)
    }
}
