import NIOCore
import Testing

@testable import Router

@Suite("How long a connection may take") struct ConnectionLifeTests {
    private let limits = ConnectionLife.Limits(
        head: .seconds(30), bodyRate: 100, idle: .seconds(300), stall: .seconds(20), drainBytes: 1000)
    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(1000 + seconds) }
    private func life() -> ConnectionLife { ConnectionLife(limits, now: at(0)) }

    @Test("the first head has the head's time, bytes or none; later silence has the idle time")
    func silence() {
        var life = life()
        #expect(life.deadline == at(30))
        #expect(life.check(now: at(29)) == nil)
        #expect(life.check(now: at(30)) == .idle)
        life.headRead(now: at(5))
        life.requestRead(now: at(6))
        #expect(life.deadline == .distantFuture, "a request is being answered")
        life.answered(now: at(100))
        #expect(life.check(now: at(399)) == nil)
        #expect(life.check(now: at(400)) == .idle)
    }

    @Test("a head that trickles in is given up, however steadily")
    func slowHead() {
        var life = life()
        life.headRead(now: at(0))
        life.requestRead(now: at(0))
        life.answered(now: at(10))
        for second in 20 ..< 50 { life.headBegan(now: at(Int64(second))) }
        #expect(life.check(now: at(49)) == nil)
        #expect(life.check(now: at(50)) == .slowHead)
    }

    @Test("a body must bring its rate in every window")
    func slowBody() {
        var life = life()
        life.headRead(now: at(0))
        life.bodyRead(3000)
        #expect(life.check(now: at(30)) == nil)
        life.bodyRead(2999)
        #expect(life.check(now: at(59)) == nil)
        #expect(life.check(now: at(60)) == .slowBody)
    }

    @Test("time in which the server does not read is not the client's")
    func pause() {
        var life = life()
        life.headRead(now: at(0))
        life.paused(now: at(10))
        #expect(life.check(now: at(1000)) == nil)
        life.resumed(now: at(1000))
        #expect(life.deadline == at(1020))
        #expect(life.check(now: at(1020)) == .slowBody)
    }

    @Test("what is pipelined behind an unanswered request is owed only from its answer on")
    func pipelined() {
        var life = life()
        life.headRead(now: at(0))
        life.requestRead(now: at(0))
        life.headBegan(now: at(1))
        #expect(life.check(now: at(500)) == nil)
        life.headRead(now: at(500))
        #expect(life.check(now: at(900)) == nil)
        life.answered(now: at(900))
        #expect(life.check(now: at(929)) == nil)
        #expect(life.check(now: at(930)) == .slowBody)
    }

    @Test("an answer of which the client takes nothing is given up; one it takes slowly is not")
    func stall() {
        var life = life()
        life.headRead(now: at(0))
        life.requestRead(now: at(0))
        life.wrote(taken: 100, waiting: true, now: at(0))
        life.wrote(taken: 101, waiting: true, now: at(15))
        life.wrote(taken: 101, waiting: true, now: at(30))
        #expect(life.check(now: at(34)) == nil)
        #expect(life.check(now: at(35)) == .stalled)
        life.wrote(taken: 500, waiting: false, now: at(36))
        #expect(life.check(now: at(99)) == nil)
        #expect(life.deadline == .distantFuture)
    }

    @Test("a body that goes on after its answer is read up to a limit")
    func drain() {
        var life = life()
        life.headRead(now: at(0))
        life.bodyRead(5000)
        life.answered(now: at(1))
        life.bodyRead(1000)
        #expect(life.check(now: at(2)) == nil)
        life.bodyRead(1)
        #expect(life.check(now: at(2)) == .endlessBody)
    }

    @Test(
        "a body that goes on after its answer may take as long as a connection may be idle, however steadily it comes")
    func longDrain() {
        var life = ConnectionLife(
            ConnectionLife.Limits(head: .seconds(30), bodyRate: 100, idle: .seconds(300)), now: at(0))
        life.headRead(now: at(0))
        life.answered(now: at(1))
        var second: Int64 = 1, ending: ConnectionLife.Ending?
        while ending == nil, second < 1000 {
            second += 1
            life.bodyRead(1000)
            ending = life.check(now: at(second))
        }
        #expect(ending == .endlessBody && second == 301)
    }

    @Test(
        "whatever way a body trickles, it takes at most the head's time and its length by the rate",
        arguments: [0, 1, 2, 3])
    func wholeTime(way: Int) {
        var life = life(), second: Int64 = 0, count = 0, ending: ConnectionLife.Ending?
        life.headRead(now: at(0))
        while ending == nil, second < 100_000 {
            second += 1
            let bytes =
                switch way {
                case 0: 100        // just the rate
                case 1: second == 1 ? 1_000_000 : 0        // all at once, then nothing
                case 2: second < 3000 ? Int(3000 - second) : 0        // ever more slowly
                default: second % 30 == 1 ? 3000 : 0        // at the window's beginning
                }
            if count < 600_000 { life.bodyRead(bytes); count += bytes }
            life.paused(now: at(second))
            ending = life.check(now: at(second))
            life.resumed(now: at(second))
            ending = ending ?? life.check(now: at(second))
        }
        #expect(ending == .slowBody)
        #expect(Int(second) <= 30 + count / 100 + 1)
    }

    @Test("chunks may have as much framing as those of one byte, not more")
    func framing() {
        #expect(!FramingShare(wire: 6_000_000, content: 1_000_000).isWasteful)
        #expect(!FramingShare(wire: 60_000, content: 5).isWasteful)
        #expect(FramingShare(wire: 70_000, content: 5).isWasteful)
    }
}
