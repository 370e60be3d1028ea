import Checkpoint
import Foundation
import Logging
import Messages
import Tensors
import TestSupport
import Testing

@testable import Attention

/// The small random checkpoints of Tests/Fixtures.
enum Fixture {
    static func path(_ name: String) -> String {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return tests.appending(path: "Fixtures/\(name)").path
    }

    static func files(_ name: String) throws -> WeightFiles { try WeightFiles(directory: path(name)) }
}

/// Values between -1.5 and 1.5 with a period of 251, which divides no block size: swapped or repeated rows show.
func pattern(_ count: Int, seed: Int) -> [Float] {
    (0 ..< count).map { Float(($0 * 97 + seed * 31) % 251 - 125) / 83 }
}

func bits(_ values: some Sequence<Float>) -> [UInt32] { values.map(\.bitPattern) }

extension SplitMix64 {
    /// Cuts `count` rows into pieces of random lengths, those that reach and cross a block's border among them.
    mutating func cuts(of count: Int) -> [Int] {
        var pieces: [Int] = [], left = count
        while left > 0 {
            let short = Int.random(in: 1 ... 5, using: &self), long = [63, 64, 65, 129].randomElement(using: &self)!
            let length = min(Bool.random(using: &self) ? short : long, left)
            pieces.append(length)
            left -= length
        }
        return pieces
    }
}

/// Every cut of `count` rows that the tests of layers try.
func cuts(of count: Int) -> [[Int]] {
    var random = SplitMix64(seed: 5)
    let ones = [Int](repeating: 1, count: count)
    let even = [7, 63, 64, 65].map { length in
        stride(from: 0, to: count, by: length).map { min(length, count - $0) }
    }
    return [ones] + even + (0 ..< 6).map { _ in random.cuts(of: count) }
}

/// Rows of one sequence in one call to a layer.
struct Rows {
    let sequence: SequenceID
    let start: Int
    let count: Int
}

/// A folder of a test's own, which ends with it.
final class TemporaryFolder {
    let path = FileManager.default.temporaryDirectory.appending(path: "attention-tests-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    /// The names of what lies in it, but for the lock.
    var files: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).filter { $0 != "lock" }.sorted() }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// What `make` gives, when it no longer fails: an engine lets go of its folder when its lanes' threads have, soon after
/// its last call was answered.
func soon<R>(_ make: () throws -> R) async throws -> R {
    for _ in 0 ..< 500 {
        if let result = try? make() { return result }
        try await Task.sleep(for: .milliseconds(10))
    }
    return try make()
}

/// A fixture, and how keys and values of its states are stored.
struct StateModel: Sendable, CustomTestStringConvertible {
    let name: String
    var keyValues = FloatFormat.float32
    var testDescription: String { "\(name), \(keyValues.rawValue)" }
}

let quietLogger = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }

extension AttentionEngine {
    /// - Parameter folder: nil: one that ends with the engine.
    convenience init(
        _ name: String, keyValues: FloatFormat = .float32, budgetBytes: Int = 1 << 30, folder: String? = nil,
        diskBytes: Int = 1 << 30, logger: Logger = quietLogger,
        freeBytes: @escaping @Sendable (String) -> Int = StateDisk.systemFreeBytes, routers: Routers = Routers()
    ) throws {
        try self.init(
            Fixture.files(name), keyValues: keyValues, budgetBytes: budgetBytes, folder: folder, diskBytes: diskBytes,
            logger: logger, freeBytes: freeBytes, routers: routers)
    }

    convenience init(_ model: StateModel) throws { try self.init(model.name, keyValues: model.keyValues) }

    convenience init(
        _ checkpoint: WeightFiles, keyValues: FloatFormat = .float32, budgetBytes: Int = 1 << 30, folder: String? = nil,
        diskBytes: Int = 1 << 30,
        logger: Logger = quietLogger, freeBytes: @escaping @Sendable (String) -> Int = StateDisk.systemFreeBytes,
        routers: Routers = Routers()
    ) throws {
        let compute = Compute(threads: 1)
        let disk = try StateDisk(
            folder, maxBytes: diskBytes, fingerprint: checkpoint.fingerprint(),
            arithmetic: keyValues.attention(in: compute.arithmetic.rawValue), logger: logger, freeBytes: freeBytes)
        try self.init(
            checkpoint, compute: compute, keyValues: keyValues, memoryBudgetBytes: budgetBytes, disk: disk,
            routers: routers)
    }

    @discardableResult func hold(
        _ index: Int, of count: Int, router: UInt64 = 0
    ) async throws -> AttentionDescription {
        try await hold(HoldPartRequest(router: router, partIndex: index, partCount: count))
    }

    /// Opens an empty sequence; returns the bytes granted.
    @discardableResult func open(_ sequence: SequenceID, router: UInt64 = 0, tokensMax: Int = 100) async throws -> Int {
        try await states.open(
            OpenSequenceRequest(router: router, sequence: sequence, tokensMax: tokensMax)
        ).grantedBytes
    }

    /// One layer over some rows; the answer is its share and the squares, as bits.
    ///
    /// - Parameter hidden: nil: rows that follow from their positions.
    func layer(_ layer: Int, router: UInt64 = 0, _ rows: [Rows], hidden: [Float]? = nil) async throws -> [UInt32] {
        let hidden = hidden ?? rows.flatMap { pattern($0.count * config.hiddenSize, seed: $0.start) }
        let answer = try await attend(
            SublayerRequest(
                router: router, layer: layer,
                spans: rows.map { .init(sequence: $0.sequence, start: $0.start, count: $0.count) }, hidden: hidden))
        return bits(answer.partial + answer.squares)
    }
}
