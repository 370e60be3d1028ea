import Foundation

/// What /proc tells of processes.
enum Processes {
    static func children(of parent: Int32) -> [Int32] {
        let all = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
        return all.filter { field($0, "PPid") == "\(parent)" }.sorted()
    }

    static func name(_ id: Int32) -> String { field(id, "Name") ?? "" }

    /// One that has ended and was not waited for yet does not count.
    static func isAlive(_ id: Int32) -> Bool {
        guard let state = field(id, "State") else { return false }
        return !state.hasPrefix("Z")
    }

    /// A memory field of /proc/PID/status in bytes.
    static func memory(_ id: Int32, _ name: String) -> Int? {
        field(id, name).flatMap { $0.split(separator: " ").first }.flatMap { Int($0) }.map { $0 * 1024 }
    }

    /// Processor time used so far, user's and system's, in seconds.
    static func processorSeconds(_ id: Int32) -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func field(_ id: Int32, _ name: String) -> String? {
        guard let status = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
        return line.map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
    }
}
