/// What control groups allow a process, of version 1 and 2: its own groups' limits and those of all groups around them
/// that it can see.
///
/// Pure over the texts of the files (cgroups(7), the kernel's admin-guide/cgroup-v1 and cgroup-v2).
struct ControlGroups {
    /// Cores' worth of time; nil: no limit.
    private(set) var processorQuota: Double?
    /// Bytes of memory; nil: no limit.
    private(set) var memoryBytes: Int?
    /// Bytes of memory that are free below the limits, or hold files which can be read again; nil: no limit.
    private(set) var memoryAvailableBytes: Int?

    /// - Parameters:
    ///   - membership: the text of `/proc/self/cgroup`.
    ///   - mounts: the text of `/proc/self/mountinfo`.
    ///   - read: the text of a file; nil where there is none.
    init(membership: String, mounts: String, read: @escaping (_ path: String) -> String?) {
        for hierarchy in Self.hierarchies(membership, mounts) {
            for folder in hierarchy.folders {
                let group = Group(version: hierarchy.version, folder: folder, read: read)
                if hierarchy.limitsProcessors { processorQuota = Self.least(processorQuota, group.processorQuota) }
                guard hierarchy.limitsMemory, let limit = group.memoryLimit else { continue }
                memoryBytes = Self.least(memoryBytes, limit)
                memoryAvailableBytes = Self.least(memoryAvailableBytes, max(0, limit - group.memoryHeld))
            }
        }
    }

    private static func least<Value: Comparable>(_ one: Value?, _ other: Value?) -> Value? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    // MARK: which groups

    private enum Version { case one, two }

    /// A tree of groups and where the process stands in it.
    private struct Hierarchy {
        let version: Version
        let limitsProcessors: Bool
        let limitsMemory: Bool
        let mountPoint: String
        /// Of the process's group, below the mount point: its names from the outside in.
        let path: [Substring]

        /// The process's own group, those around it, and what is mounted last.
        var folders: [String] {
            (0 ... path.count).reversed().map { ([Substring(mountPoint)] + path.prefix($0)).joined(separator: "/") }
        }
    }

    private static func hierarchies(_ membership: String, _ mounts: String) -> [Hierarchy] {
        // Lines are `4:cpu,cpuacct:/path`; version 2 has `0::/path`.
        let memberships = membership.split(separator: "\n").compactMap {
            line -> (controllers: [Substring], path: Substring)? in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            return fields.count == 3 ? (fields[1].split(separator: ","), fields[2]) : nil
        }
        return mounts.split(separator: "\n").compactMap { line in
            guard let mount = Mount(line) else { return nil }
            let own = memberships.first {
                mount.version == .two
                    ? $0.controllers.isEmpty : $0.controllers.contains { mount.controllers.contains($0) }
            }
            guard let own else { return nil }
            return Hierarchy(
                version: mount.version, limitsProcessors: mount.version == .two || mount.controllers.contains("cpu"),
                limitsMemory: mount.version == .two || mount.controllers.contains("memory"), mountPoint: mount.point,
                path: path(own.path, below: mount.root))
        }
    }

    /// A container may see only its part of the tree, mounted as the whole, or a path of names that it cannot see: then
    /// what is mounted counts.
    private static func path(_ path: Substring, below root: Substring) -> [Substring] {
        let names = path.split(separator: "/"), hidden = root.split(separator: "/")
        guard names.starts(with: hidden), !names.contains("..") else { return [] }
        return Array(names.dropFirst(hidden.count))
    }

    /// `31 23 0:28 ROOT POINT options … - cgroup source rw,cpu,cpuacct`
    private struct Mount {
        let version: Version
        let root: Substring
        let point: String
        /// Of version 1.
        let controllers: [Substring]

        init?(_ line: Substring) {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash >= 5, fields.count > dash + 3 else { return nil }
            (root, point) = (fields[3], String(fields[4].replacing("\\040", with: " ")))
            switch fields[dash + 1] {
            case "cgroup2": (version, controllers) = (.two, [])
            case "cgroup": (version, controllers) = (.one, fields[dash + 3].split(separator: ","))
            default: return nil
            }
        }
    }

    // MARK: what one group says

    private struct Group {
        let version: Version
        let folder: String
        let read: (String) -> String?

        var processorQuota: Double? {
            let fields =
                version == .two
                ? (text("cpu.max") ?? "").split(separator: " ").map { Double($0) }
                : [number("cpu.cfs_quota_us"), number("cpu.cfs_period_us")]
            guard fields.count == 2, let quota = fields[0], quota > 0, let period = fields[1], period > 0 else {
                return nil
            }
            return quota / period
        }

        var memoryLimit: Int? {
            let files = version == .two ? ["memory.max", "memory.high"] : ["memory.limit_in_bytes"]
            return files.compactMap { number($0) }.min().flatMap { Int(exactly: $0) }
        }

        /// In use, but for files that are cached.
        var memoryHeld: Int {
            let used = number(version == .two ? "memory.current" : "memory.usage_in_bytes") ?? 0
            let prefix = version == .two ? "" : "total_"
            let statistics = Dictionary(
                (read("\(folder)/memory.stat") ?? "").split(separator: "\n").compactMap {
                    line -> (Substring, Double)? in
                    let fields = line.split(separator: " ")
                    return fields.count == 2 ? Double(fields[1]).map { (fields[0], $0) } : nil
                }
            ) { $1 }
            let cached = ["inactive_file", "active_file"].reduce(0) { $0 + (statistics[Substring(prefix + $1)] ?? 0) }
            return Int(exactly: max(0, used - cached).rounded()) ?? 0
        }

        private func number(_ file: String) -> Double? { text(file).flatMap { Double($0) } }

        private func text(_ file: String) -> String? {
            read("\(folder)/\(file)").map { String($0.prefix { !$0.isNewline }) }
        }
    }
}
