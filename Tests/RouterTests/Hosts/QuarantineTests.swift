import Testing

@testable import Router

@Suite("Quarantine") struct QuarantineTests {
    /// Loses a host one second after it came, `count` times, each as soon as it may come again; returns for how long it
    /// had to stay away.
    private func stays(_ count: Int, _ quarantine: inout Quarantine, from start: Duration = .zero) -> [Duration] {
        var now = start
        return (0 ..< count).map { _ in
            let joined = now
            now += .seconds(1)
            quarantine.lost("h", joined: joined, at: now)
            let lost = now
            while quarantine.losses(keepingAway: "h", at: now) != nil { now += .milliseconds(100) }
            return now - lost
        }
    }

    @Test("the first loss is free; then a host stays away twice as long each time, up to a limit")
    func doubling() {
        var quarantine = Quarantine()
        let stays = stays(12, &quarantine)
        #expect(stays.prefix(5) == [.zero, .seconds(1), .seconds(2), .seconds(4), .seconds(8)])
        #expect(zip(stays, stays.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(stays[10] == stays[11])
        #expect(stays[11] >= .seconds(30))
    }

    @Test("others may come meanwhile, and the number of losses is told")
    func others() {
        var quarantine = Quarantine()
        for _ in 0 ..< 3 { quarantine.lost("h", joined: .zero, at: .seconds(1)) }
        #expect(quarantine.losses(keepingAway: "h", at: .seconds(1)) == 3)
        #expect(quarantine.losses(keepingAway: "other", at: .seconds(1)) == nil)
    }

    @Test("a host that stayed long is forgiven")
    func forgiven() {
        var quarantine = Quarantine()
        for _ in 0 ..< 5 { quarantine.lost("h", joined: .zero, at: .seconds(1)) }
        quarantine.lost("h", joined: .seconds(100), at: .seconds(200))
        #expect(quarantine.losses(keepingAway: "h", at: .seconds(200)) == nil)
        #expect(stays(2, &quarantine, from: .seconds(200)) == [.zero, .seconds(1)])
    }

    @Test("tidying forgets what is long over, and nothing that is not", arguments: [Duration.zero, .seconds(1000)])
    func tidy(start: Duration) {
        var quarantine = Quarantine()
        quarantine.lost("h", joined: start, at: start + .seconds(1))
        quarantine.tidy(at: start + .milliseconds(1250))        // the router's next look
        quarantine.lost("h", joined: start + .seconds(2), at: start + .seconds(3))
        #expect(quarantine.losses(keepingAway: "h", at: start + .seconds(3)) == 2, "the first loss was forgotten")
        quarantine.tidy(at: start + .seconds(500))
        quarantine.lost("h", joined: start + .seconds(500), at: start + .seconds(501))
        #expect(quarantine.losses(keepingAway: "h", at: start + .seconds(501)) == nil)
    }
}
