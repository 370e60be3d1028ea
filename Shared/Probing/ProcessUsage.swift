internal import FoundationEssentials

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// What a process uses, read from `/proc`; zero where the system does not tell.
package struct ProcessUsage: Sendable, Equatable {
    /// Memory in bytes that is in RAM, mapped files included.
    package var residentBytes = 0
    /// Memory in bytes that is in RAM and belongs to no file: what the process costs beyond the weights it maps.
    package var anonymousBytes = 0
    /// Address space in bytes, whether in RAM or not.
    package var virtualBytes = 0
    /// Seconds of processor time of all its threads since it started, in the kernel included.
    package var cpuSeconds = 0.0
    /// File descriptors that are open now.
    package var openDescriptors = 0
    /// Seconds since 1970.
    package var startTime = 0.0

    /// - Returns: nil when there is no such process.
    package init?(processID: Int32) {
        guard let status = Self.text("/proc/\(processID)/status"), let stat = Self.text("/proc/\(processID)/stat")
        else { return nil }
        for line in status.split(separator: "\n") {
            let fields = line.split(whereSeparator: { $0 == ":" || $0 == "\t" || $0 == " " })
            guard fields.count >= 2, let kibibytes = Int(fields[1]) else { continue }
            switch fields[0] {
            case "VmRSS": residentBytes = kibibytes << 10
            case "VmSize": virtualBytes = kibibytes << 10
            case "RssAnon": anonymousBytes = kibibytes << 10
            default: break
            }
        }
        // The name in parentheses may contain anything; the fields after it are numbered from 3 in proc(5).
        if let close = stat.lastIndex(of: ")") {
            let fields = stat[stat.index(after: close)...].split(separator: " ")
            let ticksPerSecond = Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
            func ticks(_ number: Int) -> Double {
                fields.count > number - 3 ? (Double(fields[number - 3]) ?? 0) / ticksPerSecond : 0
            }
            cpuSeconds = ticks(14) + ticks(15)
            startTime = Self.bootTime + ticks(22)
        }
        openDescriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(processID)/fd").count) ?? 0
    }

    /// Reads what this process uses now; nil where there is no `/proc`.
    package static func ofThisProcess() -> ProcessUsage? { ProcessUsage(processID: getpid()) }

    private static let bootTime: Double = {
        let line = text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst("btime ".count)) } ?? 0
    }()

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
