internal import Console
internal import Foundation
internal import TerminalOutput

/// The folder that a command fills: absent or empty before; complete, or as it was, after.
struct OutputFolder: Sendable {
    let path: String
    private let existedBefore: Bool

    /// - Parameters:
    ///   - byteCount: how many bytes will be written.
    ///   - freeByteCount: the free space of the disk that a path lies on; nil where that is unknown.
    init(_ path: String, for byteCount: Int, freeByteCount: (String) -> Int? = Self.freeByteCount) throws {
        var isFolder: ObjCBool = false
        existedBefore = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        self.path = path
        if existedBefore {
            guard isFolder.boolValue else { throw StartError("--out \(path) is a file, not a folder") }
            if let some = try names().min() {
                throw StartError("--out \(path) must be a new or empty folder; it holds \(some)")
            }
        }
        if let free = freeByteCount(Self.nearestFolder(of: path)), free < byteCount {
            throw StartError("--out \(path) needs \(Amount.bytes(byteCount)), its disk has \(Amount.bytes(free)) free")
        }
        do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
            throw StartError("cannot make the folder --out \(path): \(error.localizedDescription)")
        }
    }

    /// A whole small file.
    func write(_ bytes: [UInt8], to name: String) throws {
        do {
            try Data(bytes).write(to: URL(filePath: path).appending(path: name), options: .withoutOverwriting)
        } catch {
            throw StartError("\(path)/\(name) cannot be written: \(error.localizedDescription)")
        }
    }

    /// Runs `fill`; where that fails, removes what it has written.
    func filled<R>(by fill: () async throws -> R) async throws -> R {
        do { return try await fill() } catch {
            discard()
            if error is CancellationError { writeToStandardError("Stopped; what was written to \(path) is removed.\n") }
            throw error
        }
    }

    private func discard() {
        let files = FileManager.default
        for name in (try? names()) ?? [] { try? files.removeItem(atPath: "\(path)/\(name)") }
        if !existedBefore { try? files.removeItem(atPath: path) }
    }

    private func names() throws -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: path) } catch {
            throw StartError("--out \(path) cannot be read: \(error.localizedDescription)")
        }
    }

    private static func nearestFolder(of path: String) -> String {
        var url = URL(filePath: path).standardizedFileURL
        while url.path != "/", !FileManager.default.fileExists(atPath: url.path) { url.deleteLastPathComponent() }
        return url.path
    }

    private static func freeByteCount(_ path: String) -> Int? {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { return nil }
        let (bytes, overflows) = Int(clamping: status.f_bavail).multipliedReportingOverflow(
            by: Int(clamping: status.f_frsize))
        return overflows ? Int.max : bytes
    }
}
