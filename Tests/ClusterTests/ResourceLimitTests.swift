import Foundation
import JSON
import Testing

/// Cores and memory that a process may use, where it is allowed less than the machine has.
@Suite("Limits of cores and memory", .serialized, .inTurn) struct ResourceLimitTests {
    /// What attention logs of itself when a line of the shell has started it; `"$@"` is its command line.
    private func serving(startedBy line: String) async throws -> String {
        try await Paths.withFolder { folder in
            let log = URL(filePath: folder).appending(path: "log")
            _ = FileManager.default.createFile(atPath: log.path, contents: nil)
            let attention = ["--model", Paths.demo, "--listen", "unix:\(folder)/a.sock", "--log-format", "json"]
            let process = try SpawnedProcess(
                "bash", ["-c", line, "bash", try Paths.program("attention").path] + attention, input: .nullDevice,
                output: try FileHandle(forWritingTo: log))
            func text() throws -> String { try String(contentsOf: log, encoding: .utf8) }
            do {
                try await eventually("attention serves") { try text().contains("serving") || process.status != nil }
            } catch {
                kill(process.processID, SIGKILL)
                throw error
            }
            kill(process.processID, SIGTERM)
            _ = await process.waitForExit()
            return try text()
        }
    }

    @Test("an affinity mask of one core means one thread")
    func affinity() async throws {
        let log = try await serving(startedBy: "exec taskset -c 0 \"$@\"")
        #expect(log.contains(#""threads":1,"#) || log.contains(#""threads":1}"#), "\(log)")
    }

    /// A tree of version 1 that this test may make groups in; nil on other machines.
    private static func tree(_ controller: String) -> String? {
        let path = "/sys/fs/cgroup/\(controller)"
        return FileManager.default.isWritableFile(atPath: path)
            && FileManager.default.fileExists(atPath: "\(path)/cgroup.procs") ? path : nil
    }

    @Test(
        "limits of a group around the process's own count: a core's worth of time, and 600 MiB",
        .enabled(if: tree("cpu") != nil && tree("memory") != nil))
    func nestedGroups() async throws {
        let cpu = try #require(Self.tree("cpu")), memory = try #require(Self.tree("memory"))
        let name = "minimax-test-\(UUID().uuidString)"
        defer { for folder in [cpu, memory] { rmdir("\(folder)/\(name)/inner"); rmdir("\(folder)/\(name)") } }
        let log = try await serving(
            startedBy: """
                set -e
                mkdir -p \(cpu)/\(name)/inner \(memory)/\(name)/inner
                echo 100000 > \(cpu)/\(name)/cpu.cfs_period_us
                echo 100000 > \(cpu)/\(name)/cpu.cfs_quota_us
                echo $((600 << 20)) > \(memory)/\(name)/memory.limit_in_bytes
                echo $$ > \(cpu)/\(name)/inner/cgroup.procs
                echo $$ > \(memory)/\(name)/inner/cgroup.procs
                exec "$@"
                """)
        #expect(log.contains(#""threads":1,"#) || log.contains(#""threads":1}"#), "\(log)")
        #expect(log.contains(#""memory.budget":\#(300 << 20)"#), "\(log)")
    }
}
