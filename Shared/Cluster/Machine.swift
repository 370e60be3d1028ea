internal import FoundationEssentials

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// What this process may use of the machine: affinity and cgroup limits count, not what the machine has.
package enum Machine {
    /// Cores: those of the affinity mask, or fewer where a cgroup quota allows fewer.
    package static var coreCount: Int {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        guard let quota = processorQuota else { return max(1, cores) }
        return max(1, min(cores, Int(quota.rounded(.up))))
    }

    /// Bytes of memory.
    package static var memoryBytes: Int {
        let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"].compactMap { text($0).flatMap { Int($0) } }
        return limits.reduce(physical, min)
    }

    /// Bytes of memory that nobody uses, or that hold files which can be read again; no more than a container's limit.
    package static var memoryAvailableBytes: Int {
        let line = (try? String(contentsOf: URL(filePath: "/proc/meminfo"), encoding: .utf8))?.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return memoryBytes }
        return min(memoryBytes, kibibytes << 10)
    }

    /// The same for all processes that run on one kernel, containers or not, until it starts anew.
    package static var identity: String { text("/proc/sys/kernel/random/boot_id") ?? hostName }

    package static var hostName: String { ProcessInfo.processInfo.hostName }

    /// Cores' worth of time in a cgroup, version 2 or 1; nil where there is no limit.
    private static var processorQuota: Double? {
        if let fields = text("/sys/fs/cgroup/cpu.max")?.split(separator: " "), fields.count == 2, let quota = Double(fields[0]), let period = Double(fields[1]), period > 0 {
            return quota / period
        }
        if let quota = text("/sys/fs/cgroup/cpu/cpu.cfs_quota_us").flatMap({ Double($0) }), quota > 0,
            let period = text("/sys/fs/cgroup/cpu/cpu.cfs_period_us").flatMap({ Double($0) }), period > 0 {
            return quota / period
        }
        return nil
    }

    private static func text(_ path: String) -> String? {
        guard let data = try? Data(contentsOf: URL(filePath: path)), let text = String(data: data, encoding: .utf8) else { return nil }
        return String(text.prefix { !$0.isNewline })
    }
}
