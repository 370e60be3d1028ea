import Testing
import Transport

@testable import Announcing

@Suite("What an announcer makes of a router's answers") struct AnnouncerStateTests {
    private static let gone = RPCError(.unavailable, "nobody listens")
    private static let often = AnnouncerState.shortPeriod, seldom = AnnouncerState.period

    @Test("a host that no plan holds asks often at first, then once a second; one that is planned at once only so")
    func arrival() {
        var state = AnnouncerState(at: .seconds(10))
        #expect(state.pause(at: .seconds(10)) == Self.often)
        _ = state.answered(by: "a", planVersion: 0, at: .seconds(11))
        #expect(state.pause(at: .seconds(11)) == Self.often)
        #expect(state.pause(at: .milliseconds(15_999)) == Self.often)
        #expect(state.pause(at: .seconds(16)) == Self.seldom)
        _ = state.answered(by: "a", planVersion: 3, at: .seconds(12))
        #expect(state.pause(at: .seconds(12)) == Self.seldom)
    }

    @Test("what an earlier run of the router wanted is void as soon as another answers, once")
    func routerRestarts() {
        var state = AnnouncerState(at: .zero)
        var earlier: [String?] = []
        for router in ["a", "a", "b", "b", "a"] {
            earlier.append(state.answered(by: router, planVersion: 1, at: .zero))
        }
        #expect(earlier == [nil, nil, "a", nil, "b"])
    }

    @Test("a router that starts again finds a host that asks often, as if it had just come")
    func restartIsArrival() {
        var state = AnnouncerState(at: .zero)
        _ = state.answered(by: "a", planVersion: 1, at: .seconds(1))
        _ = state.answered(by: "b", planVersion: 0, at: .seconds(100))
        #expect(state.pause(at: .seconds(104)) == Self.often)
        #expect(state.pause(at: .seconds(105)) == Self.seldom)
        _ = state.answered(by: "b", planVersion: 0, at: .seconds(106))
        #expect(state.pause(at: .seconds(106)) == Self.seldom, "the same run does not begin again")
    }

    @Test("each trouble is told once, again after an answer, and asked about often while it lasts")
    func troubles() {
        var state = AnnouncerState(at: .zero)
        _ = state.answered(by: "a", planVersion: 1, at: .zero)
        let late = RPCError(.deadlineExceeded, "no answer")
        var told: [Bool] = []
        for error in [Self.gone, Self.gone, late, late, Self.gone] { told.append(state.failed(error)) }
        #expect(told == [true, false, true, false, true])
        #expect(state.pause(at: .seconds(1000)) == Self.often)
        let earlier = state.answered(by: "a", planVersion: 1, at: .seconds(1000))
        #expect(earlier == nil && state.pause(at: .seconds(1000)) == Self.seldom)
        let isToldAgain = state.failed(Self.gone)
        #expect(isToldAgain)
    }

    @Test("a router that never answered has no earlier run, however long it failed")
    func firstAnswer() {
        var state = AnnouncerState(at: .zero)
        for _ in 0 ..< 3 { _ = state.failed(Self.gone) }
        let earlier = state.answered(by: "a", planVersion: 0, at: .seconds(60))
        #expect(earlier == nil)
        #expect(state.pause(at: .seconds(64)) == Self.often, "the router has just begun")
    }
}
