internal import Testing
internal import Transport

@testable import Router

/// Which moves of sessions a plan needs, and what it means when one fails.
@Suite("Session moves") struct SessionMoveTests {
    @Test("a plan that changes no session needs no moves")
    func none() {
        var plan = StepPlan()
        plan.rows = [StepPlan.Rows(id: 1, start: 4, count: 1, yieldsToken: true)]
        plan.expired = [2]
        plan.outgrown = [3]
        #expect(plan.moves.isEmpty)
    }

    @Test("what makes room comes before what needs it; only growing happens side by side")
    func order() {
        var plan = StepPlan()
        plan.opens = [12: 120, 11: 110]
        plan.resumes = [9: 90, 10: 100]
        plan.grows = [8: 80, 7: 70, 6: 60]
        plan.parks = [5, 4]
        plan.closes = [3, 1, 2]
        #expect(
            plan.moves == [
                [.close([3, 1, 2])], [.park(5)], [.park(4)],
                [.grow(6, tokensMax: 60), .grow(7, tokensMax: 70), .grow(8, tokensMax: 80)],
                [.resume(9, tokensMax: 90)], [.resume(10, tokensMax: 100)],
                [.open(11, tokensMax: 110)], [.open(12, tokensMax: 120)],
            ])
    }

    /// A mishap in short.
    private func mishap(_ move: SessionMove, _ code: RPCError.Code) -> String {
        switch move.mishap(RPCError(code, "x")) {
        case nil: "nothing"
        case .stayedInMemory(let id): "\(id) stayed"
        case .lackedMemory(let id, let wish, let error): "\(id) lacked memory to \(wish), \(isError(error, code))"
        case .lost(let id): "\(id) lost"
        case .failed(let id, let error): "\(id) failed, \(isError(error, code))"
        }
    }

    private func isError(_ error: any Error, _ code: RPCError.Code) -> Bool { (error as? RPCError)?.code == code }

    @Test("sessions that could not be closed concern nobody", arguments: RPCError.Code.allCases)
    func close(code: RPCError.Code) {
        #expect(mishap(.close([1, 2]), code) == "nothing")
    }

    @Test("a session that could not be parked stays in memory, unless it is lost", arguments: RPCError.Code.allCases)
    func park(code: RPCError.Code) {
        let isLost = StepFailure(RPCError(code, "x")) == .stateLost
        #expect(mishap(.park(4), code) == (isLost ? "4 lost" : "4 stayed"))
    }

    @Test(
        "without memory a session waits; without its state it begins anew; else its sequence fails",
        arguments: [
            (SessionMove.grow(5, tokensMax: 1), Scheduler.Wish.grow), (.resume(5, tokensMax: 1), .resume),
            (.open(5, tokensMax: 1), .begin),
        ])
    func others(move: SessionMove, wish: Scheduler.Wish) {
        #expect(mishap(move, .resourceExhausted) == "5 lacked memory to \(wish), true")
        for code in [RPCError.Code.unavailable, .deadlineExceeded, .cancelled, .notFound, .failedPrecondition] {
            #expect(mishap(move, code) == "5 lost", "\(code)")
        }
        for code in [RPCError.Code.invalidArgument, .protocolError, .internalError] {
            #expect(mishap(move, code) == "5 failed, true", "\(code)")
        }
    }

    @Test("an error that is no answer of the attention service fails the sequence")
    func foreign() {
        guard case .failed(5, _) = SessionMove.open(5, tokensMax: 1).mishap(ClusterError.answer(from: "a", "x")) else {
            Issue.record("the sequence does not fail")
            return
        }
    }
}
