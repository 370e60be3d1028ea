import Checkpoint
import Dispatch
import Foundation
import Messages
import Tensors
import Testing

@testable import ExpertHost

@Suite("Calls that wait together") struct MergedCallsTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")

    /// Its calls name experts in different orders, some alone, some not; the last expert of "shared-expert" has a size
    /// of its own.
    private func calls(_ checkpoint: WeightFiles, layer: Int) throws -> [ExpertCall] {
        let config = checkpoint.config
        let expertCount = config.expertCount + (config.sharedIntermediateSizes[layer] > 0 ? 1 : 0)
        return try (0 ..< 9).map { number in
            let rows = number == 8 ? 150 : 1 + number % 4
            let hidden = Tensor(
                columns: config.hiddenSize,
                values: (0 ..< rows * config.hiddenSize).map { Float(($0 * 13 + number * 71) % 127 - 63) / 41 })
            let experts = (0 ..< expertCount).filter { ($0 + number) % 3 != 0 }
            let groups = try (number % 2 == 0 ? experts : experts.reversed()).map { expert in
                let unit = ExpertUnit(layer: layer, expert: expert)
                return ExpertCall.Group(
                    unit: unit, expert: try Expert(checkpoint, layer: layer, expert: expert),
                    rows: (0 ..< UInt32(rows)).reversed().filter { rows == 1 || ($0 + UInt32(expert)) % 4 != 3 })
            }
            return ExpertCall(hidden: hidden, groups: groups)
        }
    }

    @Test(
        "have the bytes they have alone, for any number of threads", arguments: ["mixed-original", "shared-expert"],
        [1, 2, 3])
    func merged(fixture: String, threads: Int) throws {
        let checkpoint = try WeightFiles(directory: Self.fixtures.appending(path: fixture).path)
        let calls = try calls(checkpoint, layer: 0), compute = Compute(threads: threads)
        let alone = calls.map { ExpertRound([$0]).outputs(Compute(threads: 1))[0].map(\.bitPattern) }
        #expect(ExpertRound(calls).outputs(compute).map { $0.map(\.bitPattern) } == alone)
        #expect(ExpertRound(calls.reversed()).outputs(compute).map { $0.map(\.bitPattern) } == alone.reversed())
        #expect(zip(alone, calls).allSatisfy { $0.count == $1.rowCount * checkpoint.config.hiddenSize })
    }

    @Test("no calls, and calls without groups, have empty answers")
    func empty() {
        let call = ExpertCall(hidden: Tensor(rows: 1, columns: 3), groups: [])
        #expect(ExpertRound([]).outputs(Compute(threads: 1)).isEmpty)
        #expect(ExpertRound([call, call]).outputs(Compute(threads: 1)) == [[], []])
    }

    @Test(
        """
        come in the order in which they wait, at most 4096 rows in a round; a larger one goes alone; a withdrawn one \
        never
        """
    )
    func rounds() throws {
        let checkpoint = try WeightFiles(directory: Self.fixtures.appending(path: "mixed-original").path)
        let unit = ExpertUnit(layer: 0, expert: 0), expert = try Expert(checkpoint, layer: 0, expert: 0)
        func call(_ rows: Int) -> ExpertCall {
            ExpertCall(
                hidden: Tensor(rows: 1, columns: 40),
                groups: [.init(unit: unit, expert: expert, rows: [UInt32](repeating: 0, count: rows))])
        }
        let calls = WaitingCalls()
        let numbers = [1, 2000, 2095, 5000, 1, 2].map { calls.add(call($0)) }
        calls.withdraw(numbers[4])
        #expect(calls.nextRound().map(\.number) == Array(numbers[0 ... 2]))
        #expect(calls.nextRound().map(\.number) == [numbers[3]])
        #expect(calls.nextRound().map(\.number) == [numbers[5]])
        #expect(calls.nextRound().isEmpty)

        calls.withdraw(numbers[1])
        for number in numbers { calls.answer(number, with: [Float(number)]) }
        #expect(
            numbers.map { calls.takeAnswer($0) } == [
                [Float(numbers[0])], nil, [Float(numbers[2])], [Float(numbers[3])], nil, [Float(numbers[5])],
            ])
        #expect(numbers.allSatisfy { calls.takeAnswer($0) == nil })
    }

    @Test("are those that came while the host was busy, without the cancelled ones")
    func waiting() async throws {
        let engine = try ExpertEngine(
            WeightFiles(directory: Self.fixtures.appending(path: "mixed-original").path), compute: Compute(threads: 1))
        _ = try await engine.hold(
            HoldRequest(
                router: "r", modelFingerprint: engine.fingerprint, planVersion: 1,
                units: [ExpertUnit(layer: 0, expert: 0)]))
        let request = ExpertRequest(
            layer: 0, hidden: [Float](repeating: 1, count: engine.config.hiddenSize),
            groups: [TokenGroup(expert: 0, rows: [0])])
        let gate = DispatchSemaphore(value: 0)
        let busy = Task.immediate { try await engine.lane.run { gate.wait() } }
        // Each waits when this returns.
        let tasks = (0 ..< 4).map { _ in Task.immediate { try await engine.run(request).outputs } }
        tasks[1].cancel()
        // Whoever takes them away must answer them; here nobody does.
        #expect(engine.calls.nextRound().count == 3)
        gate.signal()
        try await busy.value
        for task in tasks { await #expect(throws: CancellationError.self) { try await task.value } }
        #expect(engine.calls.nextRound().isEmpty)
        #expect(try await engine.run(request).outputs.count == engine.config.hiddenSize)
    }

    @Test("at one host: each gets its own answer, and the cancelled ones an end")
    func engine() async throws {
        let engine = try ExpertEngine(
            WeightFiles(directory: Self.fixtures.appending(path: "mixed-original").path), compute: Compute(threads: 2))
        let columns = engine.config.hiddenSize, expertCount = engine.config.expertCount
        _ = try await engine.hold(
            HoldRequest(
                router: "r", modelFingerprint: engine.fingerprint, planVersion: 1,
                units: (0 ..< expertCount).map { ExpertUnit(layer: 0, expert: $0) }))
        func request(_ number: Int) -> ExpertRequest {
            ExpertRequest(
                layer: 0, hidden: (0 ..< 2 * columns).map { Float(($0 + number) % 17) - 8 },
                groups: [
                    TokenGroup(expert: number % expertCount, rows: [1, 0]),
                    TokenGroup(expert: (number + 1) % expertCount, rows: [1]),
                ])
        }
        var alone: [[Float]] = []
        for number in 0 ..< 200 { alone.append(try await engine.run(request(number)).outputs) }
        let tasks = (0 ..< 200).map { number in Task { try await engine.run(request(number)).outputs } }
        for task in tasks[100...] where task.hashValue % 2 == 0 { task.cancel() }
        for (number, task) in tasks.enumerated() {
            switch await task.result {
            case .success(let outputs): #expect(outputs == alone[number])
            case .failure(let error): #expect(error is CancellationError && task.isCancelled)
            }
        }
    }
}
