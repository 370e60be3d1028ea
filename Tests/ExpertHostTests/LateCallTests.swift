import Checkpoint
import Dispatch
import Foundation
import Messages
import NIOCore
import Tensors
import Testing
import Transport
import TypedCalls

@testable import ExpertHost

@Suite("Calls whose deadline has passed") struct LateCallTests {
    private static let model = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/mixed-original").path

    private func engine() async throws -> ExpertEngine {
        let engine = try ExpertEngine(WeightFiles(directory: Self.model), compute: Compute(threads: 1))
        let units = [ExpertUnit(layer: 0, expert: 0)]
        _ = try await engine.hold(
            HoldRequest(
                router: "r", modelFingerprint: engine.fingerprint, planVersion: 1, units: units))
        return engine
    }

    private func request(_ engine: ExpertEngine) -> ExpertRequest {
        let hidden = [Float](repeating: 1, count: engine.config.hiddenSize)
        return ExpertRequest(layer: 0, hidden: hidden, groups: [TokenGroup(expert: 0, rows: [0])])
    }

    @Test("are in no round, whatever waits beside them")
    func rounds() {
        let calls = WaitingCalls(), now = NIODeadline.now()
        let call = ExpertCall(hidden: Tensor(rows: 1, columns: 1), groups: [])
        let deadlines = [nil, now, now + .nanoseconds(1), now - .seconds(1), nil]
        let numbers = deadlines.map { calls.add(call, until: $0) }
        #expect(calls.nextRound(at: now).map(\.number) == [numbers[0], numbers[2], numbers[4]])
        #expect(calls.nextRound(at: now).isEmpty)
        for number in numbers { calls.answer(number, with: [Float(number)]) }
        #expect(numbers.map { calls.takeAnswer($0) != nil } == [true, false, true, false, true])
        #expect(calls.isEmpty)
    }

    @Test("are not begun, and say so")
    func late() async throws {
        let engine = try await engine()
        let request = request(engine)
        let late = CallContext(path: "/v1/run", deadline: .now() - .seconds(1))
        await #expect(throws: RPCError(.deadlineExceeded, "/v1/run was not begun: its deadline had passed")) {
            try await engine.run(request, late)
        }
        let inTime = CallContext(path: "/v1/run", deadline: .now() + .seconds(600))
        #expect(try await engine.run(request, inTime).outputs == engine.run(request).outputs)
    }

    @Test("fall out while they wait; those that wait beside them are computed")
    func waiting() async throws {
        let engine = try await engine()
        let request = request(engine)
        let gate = DispatchSemaphore(value: 0)
        let busy = Task.immediate { try await engine.lane.run { gate.wait() } }
        let deadline = NIODeadline.now() + .milliseconds(20)
        let late = Task.immediate { try await engine.run(request, CallContext(path: "/v1/run", deadline: deadline)) }
        let other = Task.immediate { try await engine.run(request) }
        while NIODeadline.now() < deadline { try await Task.sleep(for: .milliseconds(5)) }
        gate.signal()
        try await busy.value
        let error = await #expect(throws: RPCError.self) { try await late.value }
        #expect(error?.code == .deadlineExceeded)
        #expect(try await other.value.outputs.count == engine.config.hiddenSize)
    }
}
