import Checkpoint
@testable import ExpertHost
import Foundation
import Messages
import Tensors
import Testing

@Suite("Expert engine") struct ExpertEngineTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures/mixed-original").path

    private func engine() throws -> ExpertEngine { try ExpertEngine(WeightFiles(directory: Self.folder), compute: Compute(threads: 1)) }

    private func assign(_ engine: ExpertEngine, version: Int, _ units: [ExpertUnit]) async throws -> AssignResponse {
        try await engine.assign(AssignRequest(planVersion: version, modelFingerprint: engine.fingerprint, units: units))
    }

    @Test("an expert's output is w2(silu(w1 x) * (w3 x)), in Double")
    func expertOutput() async throws {
        let engine = try engine()
        let weights = try WeightFiles(directory: Self.folder).expert(1, 2)
        _ = try await assign(engine, version: 1, [ExpertUnit(layer: 1, expert: 2)])
        let columns = engine.config.hiddenSize
        let input = (0 ..< columns).map { Float($0 % 7) / 3 - 1 }
        let output = try await engine.run(ExpertRequest(layer: 1, hidden: input, groups: [TokenGroup(expert: 2, rows: [0])])).outputs
        func product(_ matrix: WeightMatrix, _ x: [Double]) -> [Double] {
            let values = matrix.floats()
            return (0 ..< matrix.rows).map { row in x.indices.reduce(0) { $0 + Double(values[row * matrix.columns + $1]) * x[$1] } }
        }
        let gate = product(weights.w1, input.map(Double.init)), up = product(weights.w3, input.map(Double.init))
        let expected = product(weights.w2, zip(gate, up).map { $0 / (1 + exp(-$0)) * $1 })
        #expect(output.count == columns)
        for (found, expected) in zip(output, expected) { #expect(abs(Double(found) - expected) < 1e-5 * max(1, abs(expected))) }
    }

    @Test("a row's output does not depend on the rows beside it, nor on the order of groups")
    func independence() async throws {
        let engine = try engine()
        _ = try await assign(engine, version: 1, (0 ..< engine.config.expertCount).map { ExpertUnit(layer: 0, expert: $0) })
        let columns = engine.config.hiddenSize
        let hidden = (0 ..< 5 * columns).map { Float(($0 * 13) % 29) / 11 - 1 }
        let together = try await engine.run(ExpertRequest(layer: 0, hidden: hidden, groups: [TokenGroup(expert: 1, rows: [4, 0, 2]), TokenGroup(expert: 0, rows: [2])])).outputs
        for (place, row) in [4, 0, 2].enumerated() {
            let alone = try await engine.run(
                ExpertRequest(layer: 0, hidden: Array(hidden[row * columns ..< (row + 1) * columns]), groups: [TokenGroup(expert: 1, rows: [0])])).outputs
            #expect(alone.map(\.bitPattern) == together[place * columns ..< (place + 1) * columns].map(\.bitPattern))
        }
    }

    @Test("experts of the plan before are served until the plan after the next")
    func plans() async throws {
        let engine = try engine()
        let first = ExpertUnit(layer: 0, expert: 0), second = ExpertUnit(layer: 0, expert: 1)
        let hidden = [Float](repeating: 1, count: engine.config.hiddenSize)
        let request = ExpertRequest(layer: 0, hidden: hidden, groups: [TokenGroup(expert: 0, rows: [0])])
        await #expect(throws: ExpertError.notHeld(first)) { try await engine.run(request) }
        _ = try await assign(engine, version: 1, [first])
        _ = try await engine.run(request)
        _ = try await assign(engine, version: 2, [second])
        _ = try await engine.run(request)
        _ = try await assign(engine, version: 3, [second])
        await #expect(throws: ExpertError.notHeld(first)) { try await engine.run(request) }
        await #expect(throws: ExpertError.stalePlan(found: 3, current: 3)) { _ = try await assign(engine, version: 3, [first]) }
    }

    @Test("a call or an assignment that does not fit the model is refused by name")
    func refusals() async throws {
        let engine = try engine()
        let config = engine.config, columns = config.hiddenSize
        let row = [Float](repeating: 0, count: columns)
        _ = try await assign(engine, version: 1, [ExpertUnit(layer: 0, expert: 0)])
        await #expect(throws: ExpertError.layer(99, count: config.layerCount)) { _ = try await assign(engine, version: 2, [ExpertUnit(layer: 99, expert: 0)]) }
        await #expect(throws: ExpertError.expert(config.expertCount, layer: 0, count: config.expertCount)) {
            _ = try await assign(engine, version: 2, [ExpertUnit(layer: 0, expert: config.expertCount)])
        }
        await #expect(throws: ExpertError.fingerprint(expected: engine.fingerprint, found: "other")) {
            _ = try await engine.assign(AssignRequest(planVersion: 2, modelFingerprint: "other", units: []))
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
