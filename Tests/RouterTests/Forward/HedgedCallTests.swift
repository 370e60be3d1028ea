internal import Messages
internal import NIOCore
internal import Testing

@testable import Router

/// How long a host is waited for, and who is asked beside it.
@Suite("Hedged call") struct HedgedCallTests {
    private static let piece = ExpertPiece(group: 0, expert: 0, slice: .whole)
    private static let other = HostCall(host: TestHosts.host("b"), pieces: [piece])

    private func hedged(
        deadline: Double = 4, hedge: Double = 0.5, timeout: TimeAmount = .seconds(60), soundCount: Int = 2,
        hasCopies: Bool = true, others: [HostCall] = [other], missing: [ExpertPiece] = []
    ) -> HedgedCall {
        HedgedCall(
            LatencyTracker.Patience(hedge: hedge, deadline: deadline), timeout: timeout,
            soundCount: soundCount, hasCopies: hasCopies
        ) {
            (others, missing)
        }
    }

    // MARK: how long

    @Test("a host has to answer within what it usually takes where others are sound, else within the timeout")
    func deadline() {
        #expect(hedged(soundCount: 2).deadline == .seconds(4))
        #expect(hedged(soundCount: 1).deadline == .seconds(60))
        #expect(hedged(soundCount: 0).deadline == .seconds(60))
        #expect(hedged(timeout: .seconds(2), soundCount: 2).deadline == .seconds(2))
    }

    @Test("others are asked after as long as the host hardly ever takes")
    func hedge() { #expect(hedged(hedge: 0.25).hedge == .milliseconds(250)) }

    // MARK: who

    @Test("others are asked only where there are copies, and only if they hold everything")
    func others() {
        #expect(hedged().others.map(\.host.name) == ["b"])
        #expect(hedged(hasCopies: false).others.isEmpty)
        #expect(hedged(missing: [Self.piece]).others.isEmpty)
        #expect(hedged(others: []).others.isEmpty)
    }

    @Test("where there are no copies nobody looks for others")
    func noSearch() {
        var searches = 0
        _ = HedgedCall(
            LatencyTracker.Patience(hedge: 1, deadline: 1), timeout: .seconds(1), soundCount: 2, hasCopies: false
        ) {
            searches += 1
            return ([], [])
        }
        #expect(searches == 0)
    }

    // MARK: the race

    private static let answers = [PieceAnswer(piece: piece, values: [1])]

    @Test("whoever answers first is taken")
    func first() {
        let answers = Result<[PieceAnswer], any Error>.success(Self.answers)
        guard case .end(.success(let taken), isOutrun: false) = hedged().action(on: .host(answers)) else {
            Issue.record("the host's answer is not taken")
            return
        }
        #expect(taken.map(\.values) == [[1]])
        guard case .end(.success, isOutrun: true) = hedged().action(on: .others(answers)) else {
            Issue.record("the others' answer is not taken")
            return
        }
    }

    @Test("others are asked when the host is late")
    func late() {
        guard case .askOthers = hedged().action(on: .hostIsLate) else {
            Issue.record("others are not asked")
            return
        }
    }

    @Test("the host's failure ends the race, that of the others does not")
    func failures() {
        let failure = AttemptStory.failure(of: "a", .gone)
        guard case .end(.failure(let error), isOutrun: false) = hedged().action(on: .host(.failure(failure))) else {
            Issue.record("the race goes on")
            return
        }
        #expect((error as? HostFailure)?.kind == .gone)
        guard case .wait = hedged().action(on: .others(.failure(failure))) else {
            Issue.record("the host is not waited for")
            return
        }
    }
}
