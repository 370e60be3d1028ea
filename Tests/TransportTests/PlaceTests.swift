import NIOCore
import Testing

@testable import Transport

@Suite("Places for connections") struct ConnectionPlacesTests {
    private let now = NIODeadline.uptimeNanoseconds(100_000_000_000)

    private func use(
        _ peer: String?, busy: Bool = false, served: Bool = false, secondsAgo: Int64
    ) -> ConnectionPlaces.Use {
        .init(peer: peer, isBusy: busy, hasServed: served, since: now - .seconds(secondsAgo))
    }

    private func places(_ max: Int, perPeer: Int? = nil, evictsBusy: Bool = false) -> ConnectionPlaces {
        ConnectionPlaces(max: max, maxPerPeer: perPeer ?? max, peace: .seconds(1), evictsBusy: evictsBusy)
    }

    @Test("while places are free nobody gives way")
    func free() {
        #expect(places(2).admission(of: nil, at: now, among: [use(nil, secondsAgo: 9)]) == .free)
    }

    @Test("the longest idle that never brought anything gives way first, then the longest idle of those that did")
    func order() {
        let uses = [
            use(nil, served: true, secondsAgo: 50), use(nil, secondsAgo: 2), use(nil, secondsAgo: 3),
            use(nil, busy: true, secondsAgo: 90),
        ]
        #expect(places(4).admission(of: nil, at: now, among: uses) == .inPlaceOf(2))
        let served = [
            use(nil, served: true, secondsAgo: 5), use(nil, served: true, secondsAgo: 7),
            use(nil, busy: true, secondsAgo: 90),
        ]
        #expect(places(3).admission(of: nil, at: now, among: served) == .inPlaceOf(1))
    }

    @Test("those at work, and those that were a moment ago, stay: the newcomer is refused")
    func busy() {
        let uses = [use("a", busy: true, served: true, secondsAgo: 50), use("a", served: true, secondsAgo: 0)]
        #expect(
            places(2).admission(of: "b", at: now, among: uses)
                == .refused("there are 2 connections already, and all are in use"))
        #expect(places(2, evictsBusy: true).admission(of: "b", at: now, among: uses) == .inPlaceOf(0))
    }

    @Test("who has the most connections gives way to others, even if theirs are older")
    func mostConnections() {
        let uses = [
            use("b", secondsAgo: 80), use("a", served: true, secondsAgo: 20), use("a", served: true, secondsAgo: 30),
        ]
        #expect(places(3).admission(of: "c", at: now, among: uses) == .inPlaceOf(2))
    }

    @Test("a machine has only so many places, and makes room for itself; the others stay free for others")
    func perPeer() {
        let uses = [use("a", secondsAgo: 5), use("a", busy: true, secondsAgo: 80), use("b", secondsAgo: 90)]
        #expect(places(10, perPeer: 2).admission(of: "a", at: now, among: uses) == .inPlaceOf(0))
        #expect(places(10, perPeer: 2).admission(of: "b", at: now, among: uses) == .free)
        let atWork = [use("a", busy: true, secondsAgo: 5), use("a", busy: true, secondsAgo: 80)]
        #expect(
            places(10, perPeer: 2).admission(of: "a", at: now, among: atWork)
                == .refused("a has 2 connections already, and all are in use"))
        let unix = [use(nil, busy: true, secondsAgo: 5), use(nil, busy: true, secondsAgo: 80)]
        #expect(places(10, perPeer: 2).admission(of: nil, at: now, among: unix) == .free, "one machine, but nobody's")
    }
}

@Suite("Room for answers") struct AnswerRoomTests {
    @Test("room is taken before an answer is computed, refused when there is none, and given back")
    func room() throws {
        let room = AnswerRoom(bytesMax: 100)
        try room.reserve(60, for: 1)
        try room.reserve(40, for: 3)
        let error = #expect(throws: RPCError.self) { try room.reserve(1, for: 5) }
        #expect(error?.code == .resourceExhausted)
        room.release(1)
        room.release(1)
        room.release(5)
        #expect(room.taken == 40)
        try room.reserve(60, for: 5)
        #expect(throws: RPCError.self) { try room.reserve(.max, for: 7) }
    }
}

@Suite("How many lines a log gets") struct LineAllowanceTests {
    @Test("some at once, then one in each interval, which says how many were left out")
    func burst() {
        let start = NIODeadline.uptimeNanoseconds(1)
        var lines = LineAllowance(burst: 3, interval: .seconds(10), now: start)
        for _ in 0 ..< 3 { #expect(lines.take(at: start) == 0) }
        for _ in 0 ..< 5 { #expect(lines.take(at: start + .seconds(9)) == nil) }
        #expect(lines.take(at: start + .seconds(10)) == 5)
        #expect(lines.take(at: start + .seconds(19)) == nil)
        #expect(lines.take(at: start + .seconds(20)) == 1)
        for _ in 0 ..< 3 { #expect(lines.take(at: start + .seconds(1000)) == 0) }
        #expect(lines.take(at: start + .seconds(1000)) == nil)
    }
}

@Suite("The work that headers make") struct HeaderWorkTests {
    private func work(_ change: (inout RPCLimits) -> Void = { _ in }) -> HeaderWork {
        var limits = RPCLimits()
        (limits.headerBytesMax, limits.headerCountMax) = (1000, 3)
        change(&limits)
        return HeaderWork(limits: limits)
    }

    @Test("a head within its limits is kept, the field that goes beyond them and those after it are dropped")
    func drop() {
        var work = work()
        work.beginHead()
        #expect(work.field(500 - 32) == .keep)
        #expect(work.field(500 - 32) == .keep)
        #expect(work.field(0) == .drop)
        #expect(work.isTooLarge)
        work.beginHead()
        for _ in 0 ..< 3 { #expect(work.field(1) == .keep) }
        #expect(work.field(1) == .drop)
    }

    @Test("four times the limit is too much, decoded or in frames")
    func excess() {
        let complaint = HeaderWork.Verdict.giveUp("a header has more than 4 times the 1000 bytes it may have")
        var work = work()
        work.beginHead()
        #expect(work.field(4000 - 32) == .drop)
        #expect(work.field(1) == complaint)
        #expect(work.frame(4000, isFirst: true) == .keep)
        #expect(work.frame(1, isFirst: false) == complaint)
        #expect(work.frame(4000, isFirst: true) == .keep)
    }

    @Test("heads that are refused have a limit together, all heads another; a second later all is forgotten")
    func perSecond() {
        let start = NIODeadline.uptimeNanoseconds(5_000_000_000)
        var work = work { $0.headerBytesRefusedPerSecondMax = 5000 }
        work.look(at: start)
        for _ in 0 ..< 2 {
            work.beginHead()
            #expect(work.field(2000 - 32) == .drop)
        }
        work.beginHead()
        #expect(work.field(2000 - 32) == .giveUp("more than 5000 bytes a second of headers that are too large"))
        work.look(at: start + .seconds(1))
        work.beginHead()
        #expect(work.field(2000 - 32) == .drop)

        var all = self.work { $0.headerBytesPerSecondMax = 900 }
        all.look(at: start)
        all.beginHead()
        #expect(all.field(900 - 32) == .keep)
        #expect(all.field(0) == .giveUp("more than 900 bytes of headers a second"))
    }
}
