internal import Foundation
internal import Probing
internal import ServiceLife
internal import Tensors

/// Which machine a benchmark ran on, in one line: figures mean nothing without it.
struct MachineDescription: Sendable, Equatable {
    var processor: String
    var cores: Int
    var instructionSets: [String]
    var kernels: String
    var threads: Int
    /// What should be known before the figures are believed.
    var warning: String?

    var line: String {
        let machine = "\(processor), \(cores) core\(cores == 1 ? "" : "s"), \(instructionSets.joined(separator: " "))"
        let use = "kernels \(kernels), \(threads) thread\(threads == 1 ? "" : "s")"
        return "\(machine); \(use)" + (warning.map { "\nWarning: \($0)" } ?? "")
    }

    static func current(threads: Int, kernels: Kernels = .best) -> MachineDescription {
        var sets: [String] = []
        for peak in MachineCeilings.peaks where !sets.contains(peak.instructionSet) { sets.append(peak.instructionSet) }
        let cpuInfo = FileManager.default.contents(atPath: "/proc/cpuinfo")
        return MachineDescription(
            processor: processor(String(decoding: cpuInfo ?? Data(), as: UTF8.self)),
            cores: Machine.coreCount, instructionSets: sets, kernels: kernels.name, threads: threads,
            warning: Machine.slowness())
    }

    /// - Parameter cpuInfo: the text of `/proc/cpuinfo`; ARM's names no model.
    static func processor(_ cpuInfo: String) -> String {
        let line = cpuInfo.split(separator: "\n").first { $0.hasPrefix("model name") }
        let name = String((line ?? "").drop { $0 != ":" }.dropFirst()).trimmingCharacters(in: .whitespaces)
        return name.isEmpty ? "unknown processor" : name
    }
}
