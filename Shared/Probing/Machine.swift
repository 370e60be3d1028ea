internal import Console
internal import FoundationEssentials

/// What this process may use of the machine: affinity and the limits of its control groups count, not what the machine
/// has.
package enum Machine {
    /// Cores: those of the affinity mask, or fewer where a group's quota allows fewer.
    package static var coreCount: Int {
        let allowed = CoreList.allowed.count,
            cores = allowed > 0 ? allowed : ProcessInfo.processInfo.activeProcessorCount
        guard let quota = groups.processorQuota else { return max(1, cores) }
        return max(1, min(cores, Int(quota.rounded(.up))))
    }

    /// Cores that the control group allows; nil: all.
    package static var processorQuota: Double? { groups.processorQuota }

    /// Whether this process was given some of the machine's cores rather than all.
    package static var hasOwnCores: Bool { CoreList.allowed.count < ProcessInfo.processInfo.processorCount }

    /// Bytes of memory.
    package static var memoryBytes: Int {
        min(Int(clamping: ProcessInfo.processInfo.physicalMemory), groups.memoryBytes ?? .max)
    }

    /// Bytes of memory that nobody uses, or that hold files which can be read again; no more than what is left of a
    /// group's limit.
    package static var memoryAvailableBytes: Int {
        let line = text("/proc/meminfo")?.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        let free = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 } ?? memoryBytes
        return min(memoryBytes, free, groups.memoryAvailableBytes ?? .max)
    }

    /// The same for all processes that run on one kernel, containers or not, until it starts anew.
    package static var identity: String { text("/proc/sys/kernel/random/boot_id").map(trimmed) ?? hostName }

    /// The name that the system gives this machine, or the container that the process runs in.
    package static var hostName: String { ProcessInfo.processInfo.hostName }

    private static var groups: ControlGroups {
        ControlGroups(
            membership: text("/proc/self/cgroup") ?? "", mounts: text("/proc/self/mountinfo") ?? "", read: text)
    }

    private static func text(_ path: String) -> String? {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }
}
