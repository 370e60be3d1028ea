import JSON
import NIOCore
import Testing

@testable import Router

@Suite("Limits of the front") struct FrontLimitTests {
    @Test("a client may hold a quarter of all bodies, or one of the largest, and gets its part back")
    func bodies() throws {
        let budget = BodyBudget(bytesMax: 1000, bodyBytesMax: 100)
        let alice = BodyBudget.Owner.key(0)
        #expect(budget.ownerBytesMax == 250)
        try budget.take(250, of: 1, for: alice)
        #expect { try budget.take(1, of: 1, for: alice) } throws: {
            ($0 as? APIError)?.code == "rate_limit_exceeded" && ($0 as? APIError)?.retryAfter == 1
        }
        for index in 1 ... 3 { try budget.take(250, of: 1, for: .key(index)) }
        #expect { try budget.take(1, of: 1, for: .address("10.0.0.1")) } throws: {
            ($0 as? APIError)?.code == "service_unavailable" && ($0 as? APIError)?.retryAfter == 1
        }
        budget.give(250, for: alice)
        try budget.take(200, of: 1, for: .address("10.0.0.1"))
        #expect(budget.bytesHeld == 950)
        #expect(BodyBudget(bytesMax: 10, bodyBytesMax: 100).ownerBytesMax == 100, "one body always fits")
    }

    @Test("large bodies leave a quarter to small ones, so that slow ones keep nobody's small request out")
    func smallBodies() throws {
        let budget = BodyBudget(bytesMax: 100 << 20, bodyBytesMax: 20 << 20), large = 20 << 20
        for index in 0 ..< 3 { try budget.take(large, of: large, for: .key(index)) }
        try budget.take(15 << 20, of: large, for: .key(3))
        #expect { try budget.take(1, of: large, for: .key(3)) } throws: {
            ($0 as? APIError)?.code == "service_unavailable"
        }
        for _ in 0 ..< 20 { try budget.take(1 << 20, of: 1 << 20, for: .key(4)) }
    }

    @Test("a body counts as long as somebody has it")
    func held() throws {
        let budget = BodyBudget(bytesMax: 1000, bodyBytesMax: 100)
        do {
            let body = HeldBody(budget, .key(0))
            try body.append(ByteBuffer(string: "\u{FEFF}{}"), announced: 5)
            try body.dropByteOrderMark()
            #expect(body.bytes == Array("{}".utf8))
            withExtendedLifetime(body) { #expect(budget.bytesHeld == 5) }
        }
        #expect(budget.bytesHeld == 0)
        // Whoever keeps what a body said keeps its share.
        do {
            let share = try {
                let body = HeldBody(budget, .key(0))
                try body.append(ByteBuffer(string: "{}"), announced: 2)
                return body.share
            }()
            try share.take(3)
            withExtendedLifetime(share) { #expect(budget.bytesHeld == 5 && share.bytes == 5) }
        }
        #expect(budget.bytesHeld == 0)
    }

    @Test("wrong keys of one address are answered ever more slowly, those of others are not")
    func guesses() {
        var limit = GuessLimit()
        let start = ContinuousClock.now
        for _ in 0 ..< 20 { #expect(limit.wrongKey(from: "a", now: start) == .zero) }
        #expect(limit.wrongKey(from: "a", now: start) == .milliseconds(100))
        #expect(limit.wrongKey(from: "a", now: start) == .milliseconds(200))
        #expect(limit.wrongKey(from: "b", now: start) == .zero)
        for _ in 0 ..< 1000 { #expect(limit.wrongKey(from: "a", now: start) <= .seconds(10)) }
        #expect(limit.wrongKey(from: "a", now: start.advanced(by: .seconds(60))) == .zero)
    }

    @Test("memory for wrong keys is bounded, and a flood of addresses forgives none its debt")
    func manyGuessers() {
        var limit = GuessLimit()
        let start = ContinuousClock.now
        for _ in 0 ..< 200 { _ = limit.wrongKey(from: "a", now: start) }
        for index in 0 ..< 3 * GuessLimit.addressesMax {
            _ = limit.wrongKey(from: "\(index)", now: start)
            #expect(limit.addressCount <= GuessLimit.addressesMax)
        }
        #expect(limit.wrongKey(from: "a", now: start) == .seconds(10))
    }

    @Test("log texts are short and move no cursor")
    func loggable() {
        #expect("a\u{1B}[2Jb\u{9B}c\u{202E}d\ne\u{E9}".echoed == #"a\u{1B}[2Jb\u{9B}c\u{202E}d\u{A}e"# + "\u{E9}")
        #expect(String(repeating: "x", count: 1000).echoed.count == 200)
    }
}
