internal import Testing

@testable import Router

/// Where a sequence begins, and for how long it waits for a better place.
@Suite("Choice of a replica") struct ReplicaChoiceTests {
    private static func candidate(
        _ replica: Int, saved: Int = 0, left: Int = 0, running: Int = 0
    ) -> ReplicaChoice.Candidate {
        ReplicaChoice.Candidate(
            replica: ReplicaID(replica), saved: .milliseconds(saved), bytesLeft: left, runningCount: running)
    }

    private func order(_ candidates: ReplicaChoice.Candidate..., waited: Duration = .zero) -> [Int] {
        ReplicaChoice.order(candidates, waited: waited).map(\.rawValue)
    }

    @Test("without a prefix the one with most free memory comes first, then the least busy, then the oldest")
    func free() {
        #expect(
            order(Self.candidate(1, left: 10), Self.candidate(2, left: 30), Self.candidate(3, left: 20)) == [2, 3, 1])
        #expect(order(Self.candidate(1, running: 2), Self.candidate(2, running: 1)) == [2, 1])
        #expect(order(Self.candidate(3), Self.candidate(1), Self.candidate(2)) == [1, 2, 3])
        #expect(order() == [])
    }

    @Test("one that has failed begins on the oldest, wherever its prefix and the most memory are")
    func failed() {
        let candidates = [Self.candidate(3, saved: 9000, left: 10), Self.candidate(1, left: -1), Self.candidate(2)]
        #expect(ReplicaChoice.order(candidates, waited: .zero, hasFailed: true).map(\.rawValue) == [1, 2, 3])
    }

    @Test("where most is kept comes before where most is free")
    func prefix() {
        #expect(order(Self.candidate(1, left: 100), Self.candidate(2, saved: 10, left: -5)) == [2, 1])
        #expect(
            order(Self.candidate(1, saved: 20), Self.candidate(2, saved: 10, left: 9), Self.candidate(3)) == [1, 2, 3])
    }

    @Test("a sequence waits for its prefix as long as computing it would take, and never for less than a second")
    func waits() {
        let there = Self.candidate(1, saved: 5000), elsewhere = Self.candidate(2)
        #expect(order(there, elsewhere, waited: .milliseconds(4999)) == [1])
        #expect(order(there, elsewhere, waited: .seconds(5)) == [1, 2])
        #expect(order(Self.candidate(1, saved: 1000), elsewhere) == [1, 2])
        #expect(order(Self.candidate(1, saved: 1001), elsewhere) == [1])
        let partly = Self.candidate(3, saved: 4500)
        #expect(order(there, elsewhere, partly) == [1, 3], "what counts is how much less is kept")
    }

    @Test("whatever there is, the best is always among them, and all are once the sequence has waited long")
    func random() {
        var random = RandomSource(seed: 3)
        for _ in 0 ..< 5000 {
            let candidates = (1 ... Int.random(in: 1 ... 6, using: &random)).map { replica in
                Self.candidate(
                    replica, saved: .random(in: 0 ... 3, using: &random) * 700,
                    left: .random(in: -2 ... 2, using: &random),
                    running: .random(in: 0 ... 2, using: &random))
            }
            let waited = Duration.milliseconds(Int.random(in: 0 ... 3000, using: &random))
            let order = ReplicaChoice.order(candidates, waited: waited)
            let chosen = order.map { replica in candidates[replica.rawValue - 1] }
            let most = candidates.map(\.saved).max() ?? .zero
            #expect(chosen.first?.saved == most)
            #expect(zip(chosen, chosen.dropFirst()).allSatisfy { $0.saved >= $1.saved })
            #expect(chosen.allSatisfy { most - $0.saved <= max(waited, .seconds(1)) })
            #expect(Set(ReplicaChoice.order(candidates, waited: .seconds(3))).count == candidates.count)
        }
    }
}
