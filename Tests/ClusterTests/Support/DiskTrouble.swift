import Foundation
import Testing

/// How a disk fails a running process, and gets well again; each works without being root.
enum DiskTrouble: String, CaseIterable, CustomTestStringConvertible {
    /// The process may write no larger files.
    case fileLimit
    /// A file system of its own, seen by the process alone, is full.
    case full
    /// The same, and it can only be read.
    case readOnly

    var testDescription: String { rawValue }

    /// Those that this machine lets a test make.
    static let possible: [DiskTrouble] = canMount ? allCases : [.fileLimit]
    /// Whether a process may have file systems of its own here.
    static let canMount: Bool = {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["unshare", "-Urm", "bash", "-c", "mount -t tmpfs none /mnt && nsenter --version"]
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    /// What the system says of it.
    var words: String {
        switch self {
        case .fileLimit: "File too large"
        case .full: "No space left on device"
        case .readOnly: "Read-only file system"
        }
    }

    /// A line of the shell that starts a process which can be brought into this trouble; `folder` is on the disk.
    func line(_ folder: String, mebibytes: Int) -> String {
        switch self {
        case .fileLimit: "trap '' XFSZ; exec \"$@\""
        case .full, .readOnly:
            """
            exec unshare -Urm bash -c 'mkdir -p "\(folder)" && mount -t tmpfs -o size=\(mebibytes)m none "\(folder)" \
            && exec "$@"' bash "$@"
            """
        }
    }

    func begin(_ process: Int32, _ folder: String) async throws {
        switch self {
        case .fileLimit: try await Self.run("prlimit", "--pid", "\(process)", "--fsize=65536:")
        case .full:
            // Until not even a byte more can be written.
            let filler = Self.seen(folder, by: process) + "/filler"
            _ = try await Tool.run("bash", ["-c", "cat /dev/zero > '\(filler)'"])
        case .readOnly:
            try await Self.mount(
                process, "mount --bind '\(folder)' '\(folder)' && mount -o remount,bind,ro '\(folder)'")
        }
    }

    func end(_ process: Int32, _ folder: String) async throws {
        switch self {
        case .fileLimit: try await Self.run("prlimit", "--pid", "\(process)", "--fsize=unlimited:")
        case .full: try FileManager.default.removeItem(atPath: Self.seen(folder, by: process) + "/filler")
        case .readOnly: try await Self.mount(process, "umount '\(folder)'")
        }
    }

    private static func seen(_ folder: String, by process: Int32) -> String { "/proc/\(process)/root\(folder)" }

    private static func mount(_ process: Int32, _ line: String) async throws {
        try await run("nsenter", "-t", "\(process)", "-U", "--preserve-credentials", "-m", "bash", "-c", line)
    }

    private static func run(_ words: String...) async throws {
        let result = try await Tool.run(words[0], Array(words.dropFirst()))
        guard result.status == 0 else { throw SupportError("\(words): \(result.output)") }
    }
}
