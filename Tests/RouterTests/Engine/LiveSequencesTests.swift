internal import Admin
internal import Checkpoint
internal import Messages
internal import Testing
internal import Transport

@testable import Router

/// Sequences from their submission to their end, as clients see them; steps are played by the test.
@Suite("Live sequences") struct LiveSequencesTests {
    private let readiness = Readiness()
    private let status: ClusterStatus
    private let sequences: LiveSequences

    init() {
        status = ClusterStatus(readiness: readiness)
        let config = StepEngine.Config(
            schedule: ScheduleConfig(
                limits: Scheduler.Limits(placesMax: 4, waitingMax: 4, memoryBytes: 100), promptRowsMax: 64,
                overlap: .off),
            modelName: "test", endTokens: [2], suppressed: [])
        sequences = LiveSequences(
            config, stateSize: StateSize(fixedBytes: 0, pageBytes: 1, pageLength: 1), status: status,
            metrics: StepMetrics(model: "test"))
    }

    private func request(_ id: String = "a", tokensMax: Int = 3) -> GenerationRequest {
        GenerationRequest(id: id, prompt: [11, 12, 13], tokensMax: tokensMax)
    }

    private func plan() -> StepPlan {
        sequences.plan(promptRowsMax: 64, PromptPace(target: .timesUndisturbed(2), rowsMax: 64))
    }

    /// A step that goes well: `token` follows for everyone.
    private func step(_ token: Int32) -> [SequenceRows] {
        let work = sequences.begin(plan(), except: [], at: .now)
        sequences.take(work.map { TokenChooser.Choice(part: $0, token: token, logprobs: nil) })
        return work
    }

    /// What a client hears.
    private struct Heard: Equatable {
        var tokens: [Int32]
        /// The reason, or the error.
        var end: String
    }

    private func heard(_ outputs: LiveSequence.Outputs) async -> Heard {
        var tokens: [Int32] = []
        do {
            for try await output in outputs {
                switch output {
                case .event(.token(let token, _)): tokens.append(token)
                case .event: break
                case .end(let reason): return Heard(tokens: tokens, end: reason.rawValue)
                }
            }
            return Heard(tokens: tokens, end: "nothing")
        } catch {
            return Heard(tokens: tokens, end: "\(error)")
        }
    }

    @Test("a sequence takes its prompt, then a row for each token, and ends at its length")
    func length() async throws {
        let (_, outputs) = try sequences.submit(request())
        let work = [20, 21, 22].flatMap { step($0) }
        #expect(work.map(\.rows.start) == [0, 3, 4] && work.map(\.rows.count) == [3, 1, 1])
        #expect(Batch(Array(work[..<1])).tokens == [11, 12, 13])
        #expect(Batch(Array(work[2...])).tokens == [21])
        let heard = await heard(outputs)
        #expect(heard == Heard(tokens: [20, 21, 22], end: "length"))
        #expect(plan().rows.isEmpty)
    }

    @Test("an end token ends it, and its state is closed with the next step")
    func stop() async throws {
        let (id, outputs) = try sequences.submit(request())
        _ = step(20)
        _ = step(2)
        let heard = await heard(outputs)
        #expect(heard == Heard(tokens: [20], end: "stop"))
        #expect(plan().closedIDs == [id])
    }

    @Test("a sequence that is cancelled during a step is over, and its state is closed once")
    func cancelled() throws {
        let id = try sequences.submit(request()).id
        let work = sequences.begin(plan(), except: [], at: .now)
        sequences.cancel(id)
        sequences.take(work.map { TokenChooser.Choice(part: $0, token: 2, logprobs: nil) })
        sequences.cancel(id)
        let plans = [plan(), plan()]
        #expect(plans.map(\.closedIDs) == [[id], []] && plans.allSatisfy(\.rows.isEmpty))
    }

    @Test("a sequence whose time is over is told how far it had come")
    func expired() async throws {
        var late = request()
        late.timeout = .zero
        let (_, outputs) = try sequences.submit(late)
        try await Task.sleep(for: .milliseconds(1))
        #expect(plan().expired == [1])
        let heard = await heard(outputs)
        #expect(heard.end.contains("while it waited for its turn"))
    }

    @Test("a prompt that memory has become too small for is told so, and so is a new one")
    func outgrown() async throws {
        let (_, outputs) = try sequences.submit(request())
        sequences.setMemory(of: .first, bytes: 2, othersBytes: 0)
        #expect(sequences.tokensMax == 2)
        #expect(plan().outgrown == [1])
        let sentence = "the prompt has 3 tokens, and the attention service has memory for 2"
        let heard = await heard(outputs)
        #expect(heard.end.contains(sentence))
        #expect(throws: GenerationError.tooLarge(sentence)) { try sequences.submit(request()) }
    }

    @Test("who fails before a step is not in it, and hears why")
    func unready() async throws {
        let (first, outputs) = try sequences.submit(request("a")), (second, _) = try sequences.submit(request("b"))
        let plan = plan()
        let unready = sequences.settle([.failed(first, RPCError(.internalError, "x"))])
        #expect(unready == [first])
        #expect(sequences.begin(plan, except: unready, at: .now).map(\.sequence.id) == [second])
        let heard = await heard(outputs)
        #expect(heard.end.contains("the attention service refused a step of this request"))
    }

    @Test("after a step that failed sequences begin anew with all their tokens, or fail with it")
    func recovered() async throws {
        let (id, outputs) = try sequences.submit(request())
        _ = step(20)
        let lost = RPCError(.unavailable, "x")
        let recovery = sequences.recover([id], from: lost, .stateLost, on: nil)
        #expect(recovery.restartedCount == 1 && recovery.waitsForNews)
        let work = step(21)
        #expect(work.map(\.rows.start) == [0] && work.map(\.rows.count) == [4])
        #expect(sequences.recover([id], from: lost, .hopeless, on: nil).failed == [id])
        let heard = await heard(outputs)
        #expect(heard.tokens == [20, 21] && heard.end.contains("the attention service did not answer"))
    }

    @Test("a replica that is lost during a step loses no token of it: the sequence goes on elsewhere with all it has")
    func lostReplica() async throws {
        let (id, outputs) = try sequences.submit(request())
        _ = step(20)
        let work = sequences.begin(plan(), except: [], at: .now)
        sequences.lost(.first)
        sequences.take(work.map { TokenChooser.Choice(part: $0, token: 21, logprobs: nil) })
        #expect(plan().isEmpty, "there is no replica")
        sequences.setMemory(of: ReplicaID(2), bytes: 100, othersBytes: 0)
        let anew = step(22)
        #expect(anew.map(\.rows) == [.init(id: id, replica: ReplicaID(2), start: 0, count: 5, yieldsToken: true)])
        let heard = await heard(outputs)
        #expect(heard == Heard(tokens: [20, 21, 22], end: "length"))
    }

    @Test("a client whose state was to be kept on a replica that is lost hears of its end all the same")
    func endOnLostReplica() async throws {
        var kept = request(tokensMax: 1)
        kept.keepsEnd = true
        let (id, outputs) = try sequences.submit(kept)
        _ = step(20)
        sequences.lost(.first)
        let last = plan()
        #expect(last.closes == [.first: [id]] && last.keeps.isEmpty)
        sequences.closed(last)
        let heard = await heard(outputs)
        #expect(heard == Heard(tokens: [20], end: "length"))
    }

    @Test("a router that stops refuses requests none of whose choices has begun")
    func refuseWaiting() async throws {
        let (_, begun) = try sequences.submit(request("one-0"))
        _ = step(20)
        let (_, sibling) = try sequences.submit(request("one-1", tokensMax: 1))
        let (_, waiting) = try sequences.submit(request("two-0"))
        sequences.refuseWaiting()
        let refused = await heard(waiting)
        #expect(refused == Heard(tokens: [], end: "\(GenerationError.unavailable("the server is stopping"))"))
        // The sibling's prompt waits here until the first choice is whole.
        for token in [21, 22, 23] as [Int32] { _ = step(token) }
        let first = await heard(begun), second = await heard(sibling)
        #expect(first == Heard(tokens: [20, 21, 22], end: "length"))
        #expect(second == Heard(tokens: [23], end: "length"))
    }

    @Test("sequences that wait fail when there is no hope; those that have a place stay")
    func failWaiting() async throws {
        let all = try (0 ..< 5).map { try sequences.submit(request("\($0)")) }
        _ = plan()
        sequences.failWaiting(.unavailable("no expert host is connected"))
        let last = await heard(all[4].outputs)
        #expect(last.end.contains("no expert host is connected"))
        #expect(step(20).map(\.sequence.id) == [1, 2, 3, 4])
    }

    @Test("when no step follows any more, all fail, and nothing new is taken", arguments: [nil, "the disk is gone"])
    func close(ending: String?) async throws {
        let (_, outputs) = try sequences.submit(request())
        if let ending { readiness.set(.ending(ending)) }
        sequences.close()
        let reason = GenerationError.unavailable(ending ?? "the server is stopping")
        let heard = await heard(outputs)
        #expect(heard.end == "\(reason)")
        #expect(throws: reason) { try sequences.submit(request()) }
    }

    @Test("whatever may change the next step is signalled", .timeLimit(.minutes(1)))
    func signals() async throws {
        let id = try sequences.submit(request()).id
        await sequences.changed.wait()
        sequences.cancel(id)
        await sequences.changed.wait()
        sequences.setMemory(of: .first, bytes: 50, othersBytes: 0)
        await sequences.changed.wait()
        sequences.drain(.first)
        await sequences.changed.wait()
        sequences.lost(.first)
        await sequences.changed.wait()
    }
}
