internal import Foundation

/// Numbers of cores as Linux writes them: `0-3,8`.
enum CoreList {
    /// Those that this process may use, ascending; none where the system does not tell.
    static var allowed: [Int] {
        let status = FileManager.default.contents(atPath: "/proc/self/status").map { String(decoding: $0, as: UTF8.self) } ?? ""
        return cores(allowedBy: status)
    }

    /// - Parameter status: the text of `/proc/self/status`.
    static func cores(allowedBy status: String) -> [Int] {
        let field = "Cpus_allowed_list:"
        let line = status.split(separator: "\n").first { $0.hasPrefix(field) } ?? ""
        return cores(in: line.dropFirst(field.count).trimmingCharacters(in: .whitespaces)) ?? []
    }

    /// - Returns: nil where `list` is no such list.
    static func cores(in list: String) -> [Int]? {
        var cores: [Int] = []
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, 0 <= first, first <= last, last <= numberMax else { return nil }
            cores += first...last
        }
        return cores
    }

    /// `count` sets of `size` of the `cores` that have none in common; nil where there are too few.
    static func sets(_ count: Int, of size: Int, from cores: [Int]) -> [[Int]]? {
        guard count > 0, size > 0, count <= cores.count / size else { return nil }
        return (0 ..< count).map { Array(cores[$0 * size ..< ($0 + 1) * size]) }
    }

    /// More than any kernel has.
    private static let numberMax = 1 << 16
}
