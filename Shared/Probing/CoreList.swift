internal import Console
internal import FoundationEssentials

/// Numbers of cores as Linux writes them: `0-3,8`.
package enum CoreList {
    /// Those that this process may use and that are switched on, ascending; none where the system does not tell.
    package static var allowed: [Int] {
        func text(_ path: String) -> String {
            FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
        let allowed = cores(allowedBy: text("/proc/self/status"))
        guard let online = cores(in: trimmed(text("/sys/devices/system/cpu/online"))) else { return allowed }
        return allowed.filter(Set(online).contains)
    }

    /// - Parameter status: the text of `/proc/self/status`.
    package static func cores(allowedBy status: String) -> [Int] {
        let field = "Cpus_allowed_list:"
        let line = status.split(separator: "\n").first { $0.hasPrefix(field) } ?? ""
        return cores(in: trimmed(line.dropFirst(field.count))) ?? []
    }

    /// - Returns: nil where `list` is no such list.
    package static func cores(in list: String) -> [Int]? {
        var cores: [Int] = []
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, 0 <= first,
                first <= last, last <= numberMax
            else { return nil }
            cores += first ... last
        }
        return cores
    }

    /// `count` sets of `size` of the `cores` that have none in common; nil where there are too few.
    package static func sets(_ count: Int, of size: Int, from cores: [Int]) -> [[Int]]? {
        guard count > 0, size > 0, count <= cores.count / size else { return nil }
        return (0 ..< count).map { Array(cores[$0 * size ..< ($0 + 1) * size]) }
    }

    /// More than any kernel has.
    private static let numberMax = 1 << 16
}
