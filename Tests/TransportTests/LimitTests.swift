import NIOCore
import Testing

@testable import Transport

@Suite("Room for large bodies") struct WindowBudgetTests {
    private var budget: WindowBudget {
        var limits = RPCLimits()
        limits.windowBytes = 10
        limits.bufferedBytesMax = 100
        return WindowBudget(limits: limits)
    }

    @Test("small bodies need no room")
    func small() {
        var budget = budget
        #expect(budget.announce(10, on: 1) == [])
        #expect(budget.release(1) == [])
    }

    @Test("large bodies are let in while they fit together, then in order as room comes free")
    func order() {
        var budget = budget
        #expect(budget.announce(60, on: 1) == [.init(stream: 1, count: 60)])
        #expect(budget.announce(40, on: 3) == [.init(stream: 3, count: 40)])
        #expect(budget.announce(50, on: 5) == [])
        #expect(budget.announce(20, on: 7) == [], "a small one does not overtake")
        #expect(budget.isWaiting(5))
        #expect(budget.release(3) == [])
        #expect(budget.release(1) == [.init(stream: 5, count: 50), .init(stream: 7, count: 20)])
        #expect(budget.release(1) == [], "released twice")
    }

    @Test("one body larger than all room is let in alone")
    func giant() {
        var budget = budget
        #expect(budget.announce(20, on: 1) == [.init(stream: 1, count: 20)])
        #expect(budget.announce(500, on: 3) == [])
        #expect(budget.announce(20, on: 5) == [])
        #expect(budget.release(1) == [.init(stream: 3, count: 500)])
        #expect(budget.release(3) == [.init(stream: 5, count: 20)])
    }

    @Test("one that waits and is given up makes way")
    func givenUp() {
        var budget = budget
        _ = budget.announce(90, on: 1)
        _ = budget.announce(90, on: 3)
        _ = budget.announce(10 + 1, on: 5)
        #expect(budget.release(3) == [])
        #expect(budget.release(1) == [.init(stream: 5, count: 11)])
    }
}

@Suite("What a peer may do only so often") struct FloodGuardTests {
    @Test("one reset more than allowed in a second is one too many; a second later all is forgotten")
    func resets() {
        var limits = RPCLimits()
        limits.resetsPerSecondMax = 3
        let start = NIODeadline.uptimeNanoseconds(1)
        var floods = FloodGuard(limits: limits, now: start)
        for _ in 0 ..< 3 { #expect(floods.complaint(about: .reset, at: start) == nil) }
        #expect(floods.complaint(about: .end(stream: 1), at: start) == nil)
        #expect(floods.complaint(about: .reset, at: start) == "more than 3 stream resets a second")
        #expect(floods.complaint(about: .reset, at: start + .seconds(1)) == nil)
    }
}

@Suite("A connection's clock") struct ConnectionWatchTests {
    private let limits = {
        var limits = RPCLimits()
        limits.handshakeTimeout = .seconds(5)
        limits.idleTimeout = .seconds(60)
        limits.stallTimeout = .seconds(30)
        return limits
    }()
    private let start = NIODeadline.uptimeNanoseconds(1)

    @Test("a peer that never sends SETTINGS is given up")
    func handshake() {
        var watch = ConnectionWatch(.server, limits: limits, now: start)
        watch.heard(at: start + .seconds(4))
        watch.heardAcknowledgement()
        #expect(watch.tick(at: start + .seconds(5), owesBodies: false) == .none)
        #expect(
            watch.tick(at: start + .seconds(6), owesBodies: false) == .giveUp("no HTTP/2 SETTINGS came within 5000 ms"))
    }

    @Test("a peer that never acknowledges our SETTINGS is given up")
    func acknowledgement() {
        var watch = ConnectionWatch(.server, limits: limits, now: start)
        watch.heardSettings()
        watch.heard(at: start + .seconds(4))
        #expect(watch.tick(at: start + .seconds(5), owesBodies: false) == .none)
        #expect(
            watch.tick(at: start + .seconds(6), owesBodies: false)
                == .giveUp("our HTTP/2 SETTINGS were not acknowledged within 5000 ms"))
    }

    @Test("a client pings four times in the idle time, and gives up a server that stays silent")
    func pings() {
        var watch = ConnectionWatch(.client, limits: limits, now: start)
        watch.heardSettings()
        watch.heardAcknowledgement()
        #expect(watch.tick(at: start + .seconds(15), owesBodies: false) == .none)
        #expect(watch.tick(at: start + .seconds(16), owesBodies: false) == .ping)
        #expect(watch.tick(at: start + .seconds(17), owesBodies: false) == .none)
        #expect(watch.tick(at: start + .seconds(32), owesBodies: false) == .ping)
        #expect(watch.tick(at: start + .seconds(61), owesBodies: false) == .giveUp("nothing was heard for 60000 ms"))
    }

    @Test("a server gives up a client that takes nothing of its answers, however often it is heard")
    func stall() {
        var watch = ConnectionWatch(.server, limits: limits, now: start)
        watch.heardSettings()
        watch.heardAcknowledgement()
        watch.heard(at: start + .seconds(50))
        #expect(watch.tick(at: start + .seconds(20), owesBodies: false) == .none)
        #expect(watch.tick(at: start + .seconds(40), owesBodies: true) == .none)
        watch.sent(at: start + .seconds(45))
        #expect(watch.tick(at: start + .seconds(70), owesBodies: true) == .none)
        #expect(
            watch.tick(at: start + .seconds(76), owesBodies: true)
                == .giveUp("nothing of an answer was taken for 30000 ms"))
    }
}

@Suite("Pauses between attempts to connect") struct BackoffTests {
    @Test("they double up to a limit, with jitter of half a step, and start anew after a success")
    func steps() {
        var backoff = Backoff(first: .milliseconds(100), longest: .milliseconds(300))
        #expect(backoff.delay(jitter: 0) == .milliseconds(50))
        #expect(backoff.delay(jitter: 0) == .milliseconds(100))
        #expect(backoff.delay(jitter: 0.5) == .milliseconds(225))
        #expect(backoff.delay(jitter: 0) == .milliseconds(150))
        backoff.reset()
        #expect(backoff.delay(jitter: 0) == .milliseconds(50))
    }
}
