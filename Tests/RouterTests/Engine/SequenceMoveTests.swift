internal import Messages
internal import Testing
internal import Transport

@testable import Router

/// Which moves of states a plan needs, and what it means when one fails.
@Suite("Sequence moves") struct SequenceMoveTests {
    private static func keep(_ id: SequenceID, closes: Bool) -> StepPlan.Keep {
        StepPlan.Keep(
            id: id, state: 100, closes: closes, scope: .everyone, tokens: [1, 2, 3], worth: .seconds(1))
    }

    private static func opening(_ tokensMax: Int, from state: StateID = .none) -> StepPlan.Opening {
        StepPlan.Opening(tokensMax: tokensMax, state: state, length: state == .none ? 0 : 5)
    }

    @Test("a plan that changes no state needs no moves")
    func none() {
        var plan = StepPlan()
        plan.rows = [StepPlan.Rows(id: 1, start: 4, count: 1, yieldsToken: true)]
        plan.expired = [2]
        plan.outgrown = [3]
        #expect(plan.moves.isEmpty)
    }

    @Test("what makes room comes before what needs it; only growing and keeping happen side by side")
    func order() {
        var plan = StepPlan()
        plan.opens = [12: Self.opening(120), 11: Self.opening(110, from: 7)]
        plan.resumes = [9: Self.opening(90, from: 1), 10: Self.opening(100, from: 2)]
        plan.keeps = [Self.keep(13, closes: false), Self.keep(14, closes: true), Self.keep(15, closes: false)]
        plan.grows = [8: 80, 7: 70, 6: 60].mapValues { .init(replica: .first, tokensMax: $0) }
        let parks = [StepPlan.Parking(id: 5, state: 50), StepPlan.Parking(id: 4, state: 40, isKept: true)]
        plan.parks = parks
        plan.discards = [.first: [30, 31]]
        plan.closes = [.first: [3, 1, 2]]
        let expected: [[SequenceMove]] = [
            [.close([3, 1, 2])], [.discard([30, 31])], [.keep(Self.keep(14, closes: true))],
            [.park(parks[0])], [.park(parks[1])],
            [.grow(6, tokensMax: 60), .grow(7, tokensMax: 70), .grow(8, tokensMax: 80)],
            [.keep(Self.keep(13, closes: false)), .keep(Self.keep(15, closes: false))],
            [.resume(9, Self.opening(90, from: 1))], [.resume(10, Self.opening(100, from: 2))],
            [.open(11, Self.opening(110, from: 7))], [.open(12, Self.opening(120))],
        ]
        #expect(plan.moves == [.first: expected])
    }

    @Test("each replica has the moves of its own states")
    func replicas() {
        let (first, second) = (ReplicaID(1), ReplicaID(2))
        var plan = StepPlan()
        plan.closes = [first: [1], second: [2]]
        plan.discards = [second: [3]]
        plan.grows = [4: .init(replica: first, tokensMax: 40), 5: .init(replica: second, tokensMax: 50)]
        plan.opens = [6: StepPlan.Opening(replica: second, tokensMax: 60)]
        let parking = StepPlan.Parking(id: 7, replica: first, state: 70)
        plan.parks = [parking]
        let resumed = StepPlan.Opening(replica: ReplicaID(3), tokensMax: 80, state: 8, length: 5)
        plan.resumes = [8: resumed]
        #expect(
            plan.moves == [
                first: [[.close([1])], [.park(parking)], [.grow(4, tokensMax: 40)]],
                second: [
                    [.close([2])], [.discard([3])], [.grow(5, tokensMax: 50)],
                    [.open(6, StepPlan.Opening(replica: second, tokensMax: 60))],
                ],
                ReplicaID(3): [[.resume(8, resumed)]],
            ])
    }

    /// A result in short.
    private func result(_ move: SequenceMove, _ code: RPCError.Code) -> String {
        switch move.result(of: RPCError(code, "x")) {
        case nil: "nothing"
        case .opened(let id, _), .granted(let id, _): "\(id) has memory"
        case .kept(let keep): "\(keep.id) kept"
        case .notKept: "not kept"
        case .stayedInMemory(let id, _): "\(id) stayed"
        case .lackedMemory(let id, let wish, let error): "\(id) lacked memory to \(wish), \(isError(error, code))"
        case .stateGone(let id, let state): "\(id) without \(state.rawValue)"
        case .lost(let id): "\(id) lost"
        case .failed(let id, let error): "\(id) failed, \(isError(error, code))"
        }
    }

    private func isError(_ error: any Error, _ code: RPCError.Code) -> Bool { (error as? RPCError)?.code == code }

    @Test(
        "what could not be closed or dropped concerns nobody, and what could not be kept no sequence",
        arguments: RPCError.Code.allCases)
    func close(code: RPCError.Code) {
        #expect(result(.close([1, 2]), code) == "nothing")
        #expect(result(.discard([1, 2]), code) == "nothing")
        #expect(result(.keep(Self.keep(1, closes: false)), code) == "not kept")
    }

    @Test(
        "a state that could not be written to disk stays in memory, unless it is lost",
        arguments: RPCError.Code.allCases)
    func park(code: RPCError.Code) {
        let isLost = StepFailure(RPCError(code, "x")) == .stateLost
        #expect(result(.park(StepPlan.Parking(id: 4, state: 1)), code) == (isLost ? "4 lost" : "4 stayed"))
    }

    @Test(
        "without memory a sequence waits; without its state it begins anew; else it fails",
        arguments: [
            (SequenceMove.grow(5, tokensMax: 1), Scheduler.Wish.grow), (.resume(5, opening(1, from: 3)), .resume),
            (.open(5, opening(1)), .begin),
        ])
    func others(move: SequenceMove, wish: Scheduler.Wish) {
        #expect(result(move, .resourceExhausted) == "5 lacked memory to \(wish), true")
        for code in [RPCError.Code.unavailable, .deadlineExceeded, .cancelled, .notFound, .failedPrecondition] {
            #expect(result(move, code) == "5 lost", "\(code)")
        }
        for code in [RPCError.Code.invalidArgument, .protocolError, .internalError] {
            #expect(result(move, code) == "5 failed, true", "\(code)")
        }
    }

    @Test("whatever is wrong with the kept state it was to begin from, a sequence begins without that state")
    func stateGone() {
        let move = SequenceMove.open(5, Self.opening(1, from: 9))
        #expect(result(move, .resourceExhausted) == "5 lacked memory to begin, true")
        for code in [RPCError.Code.unavailable, .deadlineExceeded, .cancelled] {
            #expect(result(move, code) == "5 lost", "\(code)")
        }
        for code in [RPCError.Code.notFound, .failedPrecondition, .invalidArgument, .protocolError, .internalError] {
            #expect(result(move, code) == "5 without 9", "\(code)")
        }
    }

    @Test("an error that is no answer of the attention service fails the sequence")
    func foreign() {
        let error = ClusterError.answer(from: "a", "x")
        guard case .failed(5, _) = SequenceMove.open(5, Self.opening(1)).result(of: error) else {
            Issue.record("the sequence does not fail")
            return
        }
    }
}
