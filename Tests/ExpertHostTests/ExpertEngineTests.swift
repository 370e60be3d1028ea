import Checkpoint
import Foundation
import Messages
import Tensors
import Testing

@testable import ExpertHost

@Suite("Expert engine") struct ExpertEngineTests {
    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
        path: "Fixtures")
    static let folder = fixtures.appending(path: "mixed-original").path

    private func engine() throws -> ExpertEngine {
        try ExpertEngine(WeightFiles(directory: Self.folder), compute: Compute(threads: 1))
    }

    private func hold(_ engine: ExpertEngine, _ units: [ExpertUnit], router: String = "r") async throws -> HoldResponse
    {
        try await engine.hold(
            HoldRequest(router: router, modelFingerprint: engine.fingerprint, planVersion: 1, units: units))
    }

    @Test("a host tells what it has read of each unit, slices too, where it is asked to")
    func digests() async throws {
        let engine = try engine(), checkpoint = try WeightFiles(directory: Self.folder), compute = Compute(threads: 1)
        let slices = try checkpoint.slicesMax(1, 2)
        let last = ExpertSlice(index: slices - 1, of: slices)
        let units = [ExpertUnit(layer: 1, expert: 2), ExpertUnit(layer: 0, expert: 0, slice: last)]
        #expect(try await hold(engine, units).digests == [])
        let request = HoldRequest(
            router: "r", modelFingerprint: engine.fingerprint, planVersion: 1, units: units, withDigests: true)
        let pieces = try checkpoint.pieces(1, 2) + checkpoint.pieces(0, 0, slice: last.index, of: last.count)
        let expected = compute.digests(of: pieces.map(\.matrix))
        #expect(expected.count == 3 * slices + 3)
        #expect(try await engine.hold(request).digests.map { Digest(low: $0.low, high: $0.high) } == expected)
    }

    @Test("an expert's output is w2(silu(w1 x) * (w3 x)), in Double")
    func expertOutput() async throws {
        let engine = try engine()
        let weights = try WeightFiles(directory: Self.folder).expert(1, 2)
        _ = try await hold(engine, [ExpertUnit(layer: 1, expert: 2)])
        let columns = engine.config.hiddenSize
        let input = (0 ..< columns).map { Float($0 % 7) / 3 - 1 }
        let output = try await engine.run(
            ExpertRequest(layer: 1, hidden: input, groups: [TokenGroup(expert: 2, rows: [0])])
        ).outputs
        func product(_ matrix: WeightMatrix, _ x: [Double]) -> [Double] {
            let values = matrix.floats()
            return (0 ..< matrix.rows).map { row in
                x.indices.reduce(0) { $0 + Double(values[row * matrix.columns + $1]) * x[$1] }
            }
        }
        let gate = product(weights.w1, input.map(Double.init)), up = product(weights.w3, input.map(Double.init))
        let expected = product(weights.w2, zip(gate, up).map { $0 / (1 + exp(-$0)) * $1 })
        #expect(output.count == columns)
        for (found, expected) in zip(output, expected) {
            #expect(abs(Double(found) - expected) < 1e-5 * max(1, abs(expected)))
        }
    }

    @Test("a row's output does not depend on the rows beside it, nor on the order of groups")
    func independence() async throws {
        let engine = try engine()
        _ = try await hold(engine, (0 ..< engine.config.expertCount).map { ExpertUnit(layer: 0, expert: $0) })
        let columns = engine.config.hiddenSize
        let hidden = (0 ..< 5 * columns).map { Float(($0 * 13) % 29) / 11 - 1 }
        let together = try await engine.run(
            ExpertRequest(
                layer: 0, hidden: hidden,
                groups: [TokenGroup(expert: 1, rows: [4, 0, 2]), TokenGroup(expert: 0, rows: [2])])
        ).outputs
        for (place, row) in [4, 0, 2].enumerated() {
            let alone = try await engine.run(
                ExpertRequest(
                    layer: 0, hidden: Array(hidden[row * columns ..< (row + 1) * columns]),
                    groups: [TokenGroup(expert: 1, rows: [0])])
            ).outputs
            #expect(alone.map(\.bitPattern) == together[place * columns ..< (place + 1) * columns].map(\.bitPattern))
        }
    }

    @Test("what is held is served until no router wants it any more")
    func holdings() async throws {
        let engine = try engine()
        let first = ExpertUnit(layer: 0, expert: 0), second = ExpertUnit(layer: 0, expert: 1)
        let hidden = [Float](repeating: 1, count: engine.config.hiddenSize)
        let request = ExpertRequest(layer: 0, hidden: hidden, groups: [TokenGroup(expert: 0, rows: [0])])
        await #expect(throws: ExpertError.notHeld(first)) { try await engine.run(request) }
        let bytes = try await hold(engine, [first]).heldBytes
        #expect(bytes > 0)
        let output = try await engine.run(request)
        #expect(try await hold(engine, [first, second]).heldBytes == 2 * bytes)
        #expect(try await hold(engine, [first], router: "other").heldBytes == 2 * bytes)
        #expect(try await engine.retain(RetainRequest(router: "r", units: [second])).heldBytes == 2 * bytes)
        #expect(try await engine.run(request) == output)
        engine.forget(router: "other")
        await #expect(throws: ExpertError.notHeld(first)) { try await engine.run(request) }
        // What is not held cannot be kept.
        #expect(try await engine.retain(RetainRequest(router: "r", units: [first])).heldBytes == 0)
        _ = try await hold(engine, [first])
        #expect(try await engine.run(request) == output)        // unmapped and read again
    }

    @Test(
        "slices add up to the whole, bit for bit, in whatever pieces",
        arguments: ["mixed-original", "shared-expert", "one-layer"])
    func slices(fixture: String) async throws {
        let engine = try ExpertEngine(
            WeightFiles(directory: Self.fixtures.appending(path: fixture).path), compute: Compute(threads: 2))
        let expert = engine.config.sharedIntermediateSizes[0] > 0 ? engine.config.expertCount : 0
        _ = try await hold(engine, [ExpertUnit(layer: 0, expert: expert)])
        let hidden = (0 ..< 3 * engine.config.hiddenSize).map { Float(($0 * 13) % 29) / 11 - 1 }
        func output(_ slice: ExpertSlice) async throws -> [Float] {
            try await engine.run(
                ExpertRequest(
                    layer: 0, hidden: hidden, groups: [TokenGroup(expert: expert, slice: slice, rows: [2, 0, 1])])
            ).outputs
        }
        let whole = try await output(.whole)
        var cuts = 0
        func check(_ slice: ExpertSlice, _ sum: [Float]) async throws {
            guard let (first, second) = slice.halves else { return }
            let outputs: ([Float], [Float])
            // Not cut so finely.
            do { outputs = (try await output(first), try await output(second)) } catch ExpertError.notHeld { return }
            cuts += 1
            #expect(zip(outputs.0, outputs.1).map { ($0 + $1).bitPattern } == sum.map(\.bitPattern), "\(slice)")
            try await check(first, outputs.0)
            try await check(second, outputs.1)
        }
        try await check(.whole, whole)
        #expect(cuts >= 1)
    }

    @Test("a part of an expert is served, the rest is not")
    func partsHeld() async throws {
        let engine = try engine()
        let hidden = [Float](repeating: 1, count: engine.config.hiddenSize)
        func run(_ index: Int, _ count: Int) async throws {
            _ = try await engine.run(
                ExpertRequest(
                    layer: 0, hidden: hidden,
                    groups: [TokenGroup(expert: 0, slice: ExpertSlice(index: index, of: count), rows: [0])]))
        }
        _ = try await hold(engine, [ExpertUnit(layer: 0, expert: 0, slice: ExpertSlice(index: 1, of: 2))])
        try await run(1, 2)
        await #expect(throws: ExpertError.self) { try await run(0, 2) }
        await #expect(throws: ExpertError.self) { try await run(0, 1) }
        _ = try await hold(engine, [ExpertUnit(layer: 0, expert: 0, slice: ExpertSlice(index: 0, of: 2))])
        try await run(0, 1)
    }

    @Test("a call or a wish that does not fit the model is refused by name")
    func refusals() async throws {
        let engine = try engine()
        let config = engine.config, columns = config.hiddenSize
        let row = [Float](repeating: 0, count: columns)
        _ = try await hold(engine, [ExpertUnit(layer: 0, expert: 0)])
        await #expect(throws: ExpertError.layer(99, count: config.layerCount)) {
            _ = try await hold(engine, [ExpertUnit(layer: 99, expert: 0)])
        }
        await #expect(throws: ExpertError.expert(config.expertCount, layer: 0, count: config.expertCount)) {
            _ = try await hold(engine, [ExpertUnit(layer: 0, expert: config.expertCount)])
        }
        await #expect(throws: ExpertError.fingerprint(expected: engine.fingerprint, found: "other")) {
            _ = try await engine.hold(HoldRequest(router: "r", modelFingerprint: "other", planVersion: 2, units: []))
        }
        await #expect(throws: ExpertError.row(1, rows: 1)) {
            _ = try await engine.run(ExpertRequest(layer: 0, hidden: row, groups: [TokenGroup(expert: 0, rows: [1])]))
        }
        await #expect(throws: ExpertError.rowCount(0, rows: 1)) {
            _ = try await engine.run(ExpertRequest(layer: 0, hidden: row, groups: [TokenGroup(expert: 0, rows: [])]))
        }
        await #expect(throws: ExpertError.shape(expected: "one or more rows of \(columns)", found: columns - 1)) {
            _ = try await engine.run(ExpertRequest(layer: 0, hidden: Array(row.dropLast()), groups: []))
        }
    }
}
