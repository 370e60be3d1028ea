internal import Foundation
internal import Probing

/// What processes take of the machine beside the files that they map.
struct ClusterUsage: Sendable, Equatable {
    var anonymousBytes = 0
    var descriptors = 0

    /// The sum over those processes that still live.
    static func of(_ processIDs: [Int32]) -> ClusterUsage {
        processIDs.compactMap { ProcessUsage(processID: $0) }.reduce(into: ClusterUsage()) { sum, usage in
            sum.anonymousBytes += usage.anonymousBytes
            sum.descriptors += usage.openDescriptors
        }
    }

    /// The processes that `parent` has started: those of a temporary cluster.
    static func children(of parent: Int32) -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { id in
            // It has ended.
            guard let stat = FileManager.default.contents(atPath: "/proc/\(id)/stat") else { return false }
            // NAME) STATE PARENT …; the name may hold anything.
            let fields = String(decoding: stat, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 1 && Int32(fields[1]) == parent
        }
    }
}
