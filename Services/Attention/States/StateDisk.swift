internal import Checkpoint
internal import Console
internal import Foundation
internal import Logging
internal import Messages
internal import Snapshots
internal import Synchronization
internal import Tensors

/// Where kept states are written to and read from, on a lane of its own, so that sequences' steps go on meanwhile.
final class StateDisk: Sendable {
    let budgetBytes: Int
    let lane = ComputeLane(label: "disk")
    let folder: StateFolder
    let fingerprint: String
    let arithmetic: String
    /// Bytes per second of the last files.
    private let speed = Mutex(500e6)
    let arriving: Mutex<ArrivingFiles>
    let logger: Logger
    /// Bytes that the disk of a folder has room for.
    private let freeBytes: @Sendable (_ folder: String) -> Int
    /// Files that are of other parts of attention than the service computes.
    let otherFiles = Mutex(OtherPartFiles())

    var path: String { folder.files.path }

    /// - Parameters:
    ///   - folder: nil: one that ends with the process.
    ///   - orNext: see `StateFolder`.
    ///   - maxBytes: 0: half of what is free there, with what states have already.
    ///   - fingerprint: of the checkpoint; as `arithmetic`, what states of the folder must have been computed with.
    ///   - freeBytes: what the disk of a folder has room for; tests put a full disk here.
    /// - Throws: `StartError` where the folder cannot be used.
    init(
        _ folder: String?, orNext: Bool = false, maxBytes: Int, fingerprint: String, arithmetic: String,
        logger: Logger, freeBytes: @escaping @Sendable (String) -> Int = StateDisk.systemFreeBytes
    ) throws(StartError) {
        self.folder = try StateFolder(folder, orNext: orNext)
        (self.fingerprint, self.arithmetic) = (fingerprint, arithmetic)
        (self.logger, self.freeBytes) = (logger, freeBytes)
        let files = self.folder.files
        let damaged = (try? files.damaged()) ?? []
        let ownBytes = damaged.reduce((try? files.byteCount()) ?? 0) { $0 + $1.byteCount }
        budgetBytes = maxBytes > 0 ? maxBytes : ownBytes / 2 + freeBytes(files.path) / 2
        arriving = Mutex(ArrivingFiles(folder: files.path, bytesMax: budgetBytes))
    }

    @Sendable static func systemFreeBytes(_ path: String) -> Int {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { return 0 }
        let (bytes, isTooLarge) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isTooLarge ? .max : Int(clamping: bytes)
    }

    // MARK: on the lane

    /// - Returns: the size of the file.
    func write(_ entry: KeptEntry, _ state: KeptState, _ shape: StateShape) throws(AttentionError) -> Int {
        let begin = ContinuousClock.now
        do throws(SnapshotError) {
            let bytes = try unsafe withTokens(entry.about.tokens) { tokens throws(SnapshotError) in
                let image = unsafe StateTensors(state, shape, tokens: tokens)
                defer { withExtendedLifetime(image) {} }
                return try folder.files.write(
                    entry.id, description(entry, shape.part), image.tensors, isLasting: !entry.about.tokens.isEmpty)
            }
            note(bytes, since: begin)
            return bytes
        } catch { throw .unwritable(entry.id, "\(error)") }
    }

    private func description(_ entry: KeptEntry, _ part: AttentionPart) -> SnapshotDescription {
        SnapshotDescription(
            fingerprint: fingerprint, arithmetic: arithmetic, heads: .part(part), length: entry.length,
            owner: entry.about.owner, scope: entry.about.scope, promised: entry.about.isPromised,
            worthMilliseconds: entry.about.worth.wholeMilliseconds, created: Int(Date.now.timeIntervalSince1970))
    }

    /// Fills an empty state with what its file says; checked against its checksums.
    func read(_ entry: KeptEntry, into state: KeptState, _ shape: StateShape) throws(AttentionError) {
        do throws(SnapshotError) {
            try fill(state, from: folder.files.open(entry.id), entry.about.tokens, shape)
        } catch .disk(let why) { throw .unreadable(entry.id, why) } catch { throw .damaged(entry.id, "\(error)") }
    }

    // MARK: whole files

    /// - Returns: the size of the whole file, and the part.
    func part(of id: StateID, at offset: Int, count: Int) throws(AttentionError) -> (fileBytes: Int, part: [UInt8]) {
        do throws(SnapshotError) {
            let file = try folder.files.open(id)
            return (file.byteCount, try file.bytes(at: offset, count: count))
        } catch .disk(let why) { throw .unreadable(id, why) } catch { throw .damaged(id, "\(error)") }
    }

    /// Fills an empty state of a part with what a file of that part says, or a file that has other heads beside.
    func fill(
        _ state: KeptState, from file: SnapshotFile, _ tokens: [Int32], _ shape: StateShape
    ) throws(SnapshotError) {
        try unsafe withTokens(tokens) { tokens throws(SnapshotError) in
            if file.description.heads == .part(shape.part) {
                try file.read(into: unsafe state.tensorsToFill(shape, tokens: tokens))
            } else {
                try unsafe GatheredTensors(file.description.heads, into: state, shape, tokens: tokens).read(from: file)
            }
        }
    }

    /// A copy of token ids for a file to read or write.
    private func withTokens<R>(
        _ tokens: [Int32], _ body: (UnsafeMutableRawBufferPointer) throws(SnapshotError) -> R
    ) throws(SnapshotError) -> R {
        let memory = UnsafeMutableBufferPointer<Int32>.allocate(capacity: tokens.count)
        defer { unsafe memory.deallocate() }
        _ = unsafe memory.initialize(from: tokens)
        return try unsafe body(UnsafeMutableRawBufferPointer(memory))
    }

    /// Runs on the lane, as every function does whose name ends in `Now`.
    func removeNow(_ id: StateID) { _ = try? folder.files.delete(id) }

    /// Gives a damaged file another name, and tells of it.
    func setAsideNow(_ id: StateID, because why: String) {
        tell((try? folder.files.setAside(id)) ?? folder.files.file(id), why)
    }

    func tell(_ file: String, _ why: String) {
        logger.warning("a state on disk is not used", metadata: ["file": "\(file)", "why": "\(why)"])
    }

    /// What the budget has room for. Damaged files go, the oldest first, where that is not enough.
    ///
    /// - Parameter stateBytes: what the files of states have.
    func roomNow(for bytes: Int, beside stateBytes: Int) -> Int {
        var damaged = (try? folder.files.damaged()) ?? []
        var free: Int { budgetBytes - stateBytes - damaged.reduce(0) { $0 + $1.byteCount } }
        while free < bytes, let oldest = damaged.first, (try? folder.files.delete(oldest)) != nil {
            damaged.removeFirst()
        }
        return free
    }

    /// What the disk itself has room for, whatever the budget says.
    ///
    /// - Throws: where no file could be written for this state.
    func freeBytesNow(for entry: KeptEntry) throws(AttentionError) -> Int {
        do throws(SnapshotError) { try folder.files.requireWritable() } catch {
            throw .unwritable(entry.id, "\(error)")
        }
        return min(freeBytes(path), .max / 2)        // so that it can be added to
    }

    func remove(_ id: StateID) async { await finish { [self] in removeNow(id) } }

    /// Waits until what the lane does now is done.
    func settle() async throws { try await lane.run {} }

    /// Runs `work` on the lane, also where the calling task is cancelled: a file whose state is gone must go, too.
    func finish(_ work: @escaping @Sendable () -> Void) async {
        await Task { [lane] in try? await lane.run(work) }.value
    }

    // MARK: what it costs

    /// The size of a state's file, about.
    func fileBytes(_ entry: KeptEntry) -> Int {
        (entry.memory?.byteCount ?? 0) + 4 * entry.about.tokens.count + (64 << 10)
    }

    /// Whether writing a state and reading it back takes less time than computing it again.
    func isWorthStoring(_ entry: KeptEntry) -> Bool {
        entry.about.isPromised
            || entry.about.worth / .seconds(1) > 2 * Double(fileBytes(entry)) / speed.withLock { $0 }
    }

    private func note(_ bytes: Int, since begin: ContinuousClock.Instant) {
        let seconds = max(1e-6, begin.duration(to: .now) / .seconds(1))
        guard bytes >= 1 << 20 else { return }        // of small files the time says little
        speed.withLock { $0 = 0.7 * $0 + 0.3 * Double(bytes) / seconds }
    }
}
