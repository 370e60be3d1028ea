import Checkpoint
import Foundation
import Messages
import Tensors
import TestSupport

@testable import ExpertHost

/// The small random checkpoints of Tests/Fixtures.
enum Fixture {
    static func files(_ name: String) throws -> WeightFiles {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try WeightFiles(directory: tests.appending(path: "Fixtures/\(name)").path)
    }
}

/// Values between -1.5 and 1.5 with a period of 251, which divides no row: swapped or repeated rows show.
func pattern(_ count: Int, seed: Int) -> [Float] {
    (0 ..< count).map { Float(($0 * 97 + seed * 31) % 251 - 125) / 83 }
}

extension ExpertSlice {
    /// Any slice of 1, 2, 4 or 8, down to the smallest.
    static func random(smallest: Int = 8, using random: inout SplitMix64) -> ExpertSlice {
        let count = counts.filter { $0 <= smallest }.randomElement(using: &random)!
        return ExpertSlice(index: Int.random(in: 0 ..< count, using: &random), of: count)
    }
}

extension ExpertEngine {
    convenience init(_ name: String, threads: Int = 1) throws {
        try self.init(Fixture.files(name), compute: Compute(threads: threads))
    }

    /// Holds units for a router, and returns the bytes that are held then.
    @discardableResult func hold(
        _ units: [ExpertUnit], router: String = "r", fingerprint: String? = nil, planVersion: Int = 1
    ) async throws -> Int {
        let request = HoldRequest(
            router: router, modelFingerprint: fingerprint ?? self.fingerprint, planVersion: planVersion, units: units,
            withDigests: false)
        return try await hold(request).heldBytes
    }

    /// The answer of one call, one group after the other.
    func outputs(layer: Int = 0, hidden: [Float], _ groups: [TokenGroup]) async throws -> [Float] {
        try await run(ExpertRequest(layer: layer, hidden: hidden, groups: groups)).outputs
    }
}
