import Checkpoint
import Foundation
import Messages
import Tensors
import TestSupport

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

/// The bytes of a state's memory, piece after piece.
func bytes(_ memory: [UnsafeMutableRawBufferPointer]) -> [UInt8] { memory.flatMap { Array($0) } }

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

/// Rows of one session in one call to a layer.
struct Rows {
    let session: UInt64
    let start: Int
    let count: Int
}

extension AttentionEngine {
    convenience init(
        _ name: String, budgetBytes: Int = 1 << 30,
        makeParkingFile: @escaping @Sendable () throws(ParkingError) -> ParkingFile = { () throws(ParkingError) in
            try ParkingFile(in: "/tmp")
        }
    ) throws {
        try self.init(
            Fixture.files(name), compute: Compute(threads: 1), memoryBudgetBytes: budgetBytes,
            makeParkingFile: makeParkingFile)
    }

    func openSession(_ session: UInt64, router: UInt64 = 0, tokensMax: Int = 100) async throws {
        _ = try await open(OpenSessionRequest(router: router, session: session, tokensMax: tokensMax))
    }

    /// One layer over some rows; the answer is its share and the squares, as bits.
    ///
    /// - Parameter hidden: nil: rows that follow from their positions.
    func layer(_ layer: Int, router: UInt64 = 0, _ rows: [Rows], hidden: [Float]? = nil) async throws -> [UInt32] {
        let hidden = hidden ?? rows.flatMap { pattern($0.count * config.hiddenSize, seed: $0.start) }
        let answer = try await attend(
            SublayerRequest(
                router: router, layer: layer,
                spans: rows.map { .init(session: $0.session, start: $0.start, count: $0.count) }, hidden: hidden))
        return bits(answer.partial + answer.squares)
    }
}
