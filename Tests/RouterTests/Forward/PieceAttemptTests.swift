internal import Messages
internal import Testing
internal import Transport

@testable import Router

/// Each rule of a piece attempt alone. `AttemptStory` shows actions as short lines: "ask a 0 1" is a call to host a for
/// the pieces of groups 0 and 1.
@Suite("Piece attempt") struct PieceAttemptTests {
    @Test("what is answered is kept, and nothing is left to do")
    func answered() {
        var story = AttemptStory(pieces: 2)
        #expect(story.begin() == ["route 0 1"])
        #expect(story.route(["a": [0], "b": [1]]) == ["ask a 0", "ask b 1"])
        #expect(story.answer("b") == [])
        #expect(story.answer("a") == [])
        #expect(story.attempt.answers.map(\.piece.group) == [1, 0])
    }

    // MARK: hosts that fail

    @Test("a host whose connection breaks is lost, and its pieces are routed anew; the others are left alone")
    func gone() {
        var story = AttemptStory(pieces: 2)
        _ = story.begin()
        _ = story.route(["a": [0], "b": [1]])
        #expect(story.fail("a", .gone) == ["lost a", "route 0"])
        #expect(story.route(["b": [0]]) == ["ask b 0"])
        #expect(story.answer("b", 0) == [])
        #expect(story.answer("b", 1) == [])
        #expect(Set(story.attempt.answers.map(\.piece.group)) == [0, 1])
    }

    @Test("a host that lets its deadline pass is late, and its pieces are routed anew")
    func late() {
        var story = AttemptStory.asking("a")
        #expect(story.fail("a", .late) == ["late a", "route 0"])
    }

    @Test("a host that refuses is asked again after a pause; what it does not hold is told before that")
    func refusals() {
        var lacking = AttemptStory.asking("a")
        #expect(lacking.fail("a", .lacking) == ["count a"])
        #expect(lacking.lapses("a", areTooMany: false) == ["lacks a 0", "pause 0"])
        #expect(lacking.waited() == ["route 0"])
        var busy = AttemptStory.asking("a")
        #expect(busy.fail("a", .busy) == ["count a"])
        #expect(busy.lapses("a", areTooMany: false) == ["pause 0"])
        #expect(busy.waited() == ["route 0"])
        #expect(busy.route(["a": [0]]) == ["ask a 0"])
    }

    @Test(
        "a host that refuses too often in a row is lost, and there is no pause",
        arguments: [
            HostFailure.Kind.lacking, .busy,
        ])
    func tooManyRefusals(kind: HostFailure.Kind) {
        var story = AttemptStory.asking("a")
        #expect(story.fail("a", kind) == ["count a"])
        #expect(story.lapses("a", areTooMany: true) == ["lost a", "route 0"])
    }

    @Test("what one host was asked for may go to several, and every one of them is asked anew by itself")
    func split() {
        var story = AttemptStory(pieces: 3)
        _ = story.begin()
        _ = story.route(["a": [0, 1, 2]])
        #expect(story.fail("a", .gone) == ["lost a", "route 0 1 2"])
        #expect(story.route(["b": [0], "c": [1, 2]]) == ["ask b 0", "ask c 1 2"])
        #expect(story.fail("c", .late) == ["late c", "route 1 2"])
        #expect(story.route(["b": [1, 2]]) == ["ask b 1 2"])
        #expect(story.answer("b", 0) == [])
        #expect(story.answer("b", 1) == [])
        #expect(story.attempt.answers.map(\.piece.group) == [0, 1, 2])
    }

    @Test(
        "after as many tries as there may be the attempt fails with the error of the last",
        arguments: [
            HostFailure.Kind.gone, .late, .busy, .wrong,
        ])
    func tries(last: HostFailure.Kind) {
        var story = AttemptStory.asking("a")
        for _ in 1 ..< PieceAttempt.triesMax {
            #expect(story.fail("a", .gone) == ["lost a", "route 0"])
            #expect(story.route(["a": [0]]) == ["ask a 0"])
        }
        #expect(story.asks[0].asked == Array(repeating: TestHosts.instance("a"), count: PieceAttempt.triesMax))
        let actions = story.fail("a", last)
        switch last {
        case .gone: #expect(actions == ["lost a", "fail a"])
        case .late: #expect(actions == ["late a", "fail a"])
        case .wrong: #expect(actions == ["fail a"])
        case .busy, .lacking:
            #expect(actions == ["count a"])
            #expect(story.lapses("a", areTooMany: false) == ["fail a"])
        }
    }

    // MARK: pieces that nobody holds

    @Test("a piece that nobody holds is waited for from table to table, until the patience is over")
    func patience() {
        var story = AttemptStory(pieces: 2, patience: .seconds(30))
        _ = story.begin()
        #expect(story.miss(1, table: 7) == ["await after 7: 0 1"])
        #expect(story.waited() == ["route 0 1"])
        story.now += .seconds(29)
        #expect(story.miss(0, table: 8) == ["await after 8: 0 1"])
        _ = story.waited()
        story.now += .seconds(1)
        #expect(story.miss(0, table: 9) == ["fail no expert host holds expert 0 of layer 3"])
    }

    @Test("the patience begins anew when all pieces were held in between")
    func patienceAnew() {
        var story = AttemptStory.asking("a", patience: .seconds(30))
        _ = story.fail("a", .gone)
        _ = story.miss(0, table: 1)
        _ = story.waited()
        story.now += .seconds(29)
        _ = story.route(["b": [0]])
        _ = story.fail("b", .gone)
        #expect(story.miss(0, table: 2) == ["await after 2: 0"])
        story.now += .seconds(29)
        _ = story.waited()
        #expect(story.miss(0, table: 3) == ["await after 3: 0"])
    }

    @Test("where there is no hope nobody waits")
    func hopeless() {
        var story = AttemptStory(pieces: 1)
        _ = story.begin()
        #expect(story.miss(0, table: 1, isHopeless: true) == ["fail no expert host holds expert 0 of layer 3"])
    }

    // MARK: wrong answers

    @Test("a wrong answer is the host's fault once another host has answered")
    func proven() {
        var story = AttemptStory.asking("a")
        #expect(story.fail("a", .wrong) == ["doubt a"])
        #expect(story.doubted("a", hasOthers: true) == ["route 0"])
        #expect(story.route(["b": [0]]) == ["ask b 0"])
        #expect(story.answer("b") == ["lost a"])
    }

    @Test("it is so only when others have answered all that the host was asked for")
    func provenByAll() {
        var story = AttemptStory(pieces: 3)
        _ = story.begin()
        _ = story.route(["a": [0, 1], "d": [2]])
        _ = story.fail("a", .wrong)
        _ = story.doubted("a", hasOthers: true)
        #expect(story.route(["b": [0], "c": [1]]) == ["ask b 0", "ask c 1"])
        #expect(story.answer("d") == [])
        #expect(story.answer("c") == [])
        #expect(story.answer("b") == ["lost a"])
    }

    @Test("where nobody else is there, the attempt fails with the error of the wrong answer")
    func alone() {
        var story = AttemptStory.asking("a")
        #expect(story.fail("a", .wrong) == ["doubt a"])
        #expect(story.doubted("a", hasOthers: false) == ["fail a"])
    }

    @Test("where the others answer wrongly too, all are believed and the first one's error is told")
    func believed() {
        var story = AttemptStory.asking("a")
        _ = story.fail("a", .wrong)
        _ = story.doubted("a", hasOthers: true)
        _ = story.route(["b": [0]])
        #expect(story.fail("b", .wrong) == ["doubt b"])
        #expect(story.doubted("b", hasOthers: true) == ["route 0"])
        _ = story.route(["c": [0]])
        _ = story.fail("c", .wrong)
        #expect(story.doubted("c", hasOthers: false) == ["believe b", "believe a", "fail a"])
    }

    @Test("one right answer proves all hosts wrong that were doubted for the same pieces")
    func provenTwice() {
        var story = AttemptStory.asking("a")
        _ = story.fail("a", .wrong)
        _ = story.doubted("a", hasOthers: true)
        _ = story.route(["b": [0]])
        _ = story.fail("b", .wrong)
        _ = story.doubted("b", hasOthers: true)
        _ = story.route(["c": [0]])
        #expect(story.answer("c") == ["lost b", "lost a"])
    }

    @Test("a piece that nobody holds proves nothing against a host that is doubted")
    func missingWhileDoubted() {
        var story = AttemptStory.asking("a", patience: .zero)
        _ = story.fail("a", .wrong)
        _ = story.doubted("a", hasOthers: true)
        #expect(story.miss(0, table: 1) == ["believe a", "fail a"])
    }

    @Test("an attempt that fails for other pieces believes whom it doubts, and tells of the pieces that failed")
    func otherPieces() {
        var story = AttemptStory(pieces: 2, patience: .zero)
        _ = story.begin()
        _ = story.route(["a": [0], "b": [1]])
        _ = story.fail("a", .wrong)
        _ = story.doubted("a", hasOthers: true)
        _ = story.route(["c": [0]])
        _ = story.fail("b", .gone)
        #expect(story.miss(1, table: 1) == ["believe a", "fail no expert host holds expert 1 of layer 3"])
    }

    @Test("who was proven wrong is not believed when the attempt fails later")
    func settled() {
        var story = AttemptStory(pieces: 2)
        _ = story.begin()
        _ = story.route(["a": [0], "b": [1]])
        _ = story.fail("a", .wrong)
        _ = story.doubted("a", hasOthers: true)
        _ = story.route(["c": [0]])
        #expect(story.answer("c") == ["lost a"])
        _ = story.fail("b", .wrong)
        #expect(story.doubted("b", hasOthers: false) == ["fail b"])
    }

    // MARK: the end

    @Test("an attempt that is cancelled believes whom it doubts")
    func cancelled() {
        var calm = AttemptStory.asking("a")
        #expect(calm.take(.interrupted(CancellationError())) == ["fail CancellationError()"])
        var story = AttemptStory.asking("a")
        _ = story.fail("a", .wrong)
        _ = story.doubted("a", hasOthers: true)
        _ = story.route(["b": [0]])
        #expect(story.take(.interrupted(CancellationError())) == ["believe a", "fail a"])
    }

    @Test("what comes after an attempt has failed changes nothing")
    func lateNews() {
        var story = AttemptStory(pieces: 2)
        _ = story.begin()
        _ = story.route(["a": [0], "b": [1]])
        _ = story.fail("a", .wrong)
        _ = story.doubted("a", hasOthers: false)
        #expect(story.answer("b") == [])
        #expect(story.attempt.answers.isEmpty)
        #expect(story.take(.interrupted(CancellationError())) == [])
    }

    @Test(
        "every way to fail is of one kind",
        arguments: [
            (RPCError.Code.deadlineExceeded, HostFailure.Kind.late), (.unavailable, .gone), (.cancelled, .gone),
            (.notFound, .lacking), (.resourceExhausted, .busy), (.invalidArgument, .wrong),
            (.failedPrecondition, .wrong),
            (.protocolError, .wrong), (.internalError, .wrong),
        ])
    func kinds(code: RPCError.Code, kind: HostFailure.Kind) {
        #expect(HostFailure.Kind(code) == kind)
    }
}
