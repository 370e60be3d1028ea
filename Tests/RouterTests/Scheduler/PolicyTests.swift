internal import Messages
import Testing

@testable import Router

@Suite("Shares of prompt rows") struct PromptSharesTests {
    @Test("rows are shared equally, and what one does not need is the others'")
    func shares() {
        #expect(PromptShares.share(10, [100, 100], weights: [1, 1]) == [5, 5])
        #expect(PromptShares.share(10, [2, 100, 100], weights: [1, 1, 1]) == [2, 4, 4])
        #expect(PromptShares.share(9, [100, 100], weights: [2, 1]) == [6, 3])
        #expect(PromptShares.share(100, [3, 4], weights: [1, 1]) == [3, 4])
        #expect(PromptShares.share(2, [5, 5, 5], weights: [1, 1, 1]).reduce(0, +) == 2)
    }

    @Test("never more than is needed or there is, and all of it where it is needed", arguments: 0 ..< 50)
    func random(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let needs = (0 ..< Int.random(in: 1 ... 20, using: &random)).map { _ in
            Int.random(in: 0 ... 100, using: &random)
        }
        let total = Int.random(in: 0 ... 1500, using: &random)
        let shares = PromptShares.share(
            total, needs, weights: needs.map { _ in .random(in: 0.1 ... 9, using: &random) })
        #expect(zip(shares, needs).allSatisfy { $0 >= 0 && $0 <= $1 })
        #expect(shares.reduce(0, +) == min(total, needs.reduce(0, +)))
    }

    @Test("twenty prompts of one account leave another's the half")
    func accounts() {
        let entries = (0 ..< 21).map { id in
            Scheduler.Entry(
                id: SequenceID(id),
                demand: Demand(account: id == 20 ? 1 : 0, promptCount: 1000, answerMax: 1),
                arrival: .zero)
        }
        let rows = PromptShares.rows(of: entries, budget: 200, weights: [1, 1])
        #expect(rows.last?.count == 100)
        #expect(rows.dropLast().allSatisfy { $0.count == 5 })
    }
}

extension PromptSharesTests {
    @Test("a class counts within an account: all that one calls urgent leaves another its half")
    func classes() {
        let entries = (0 ..< 9).map { id in
            let demand = Demand(
                account: id == 8 ? 1 : 0, priority: id < 4 ? .high : id == 8 ? .low : .normal, promptCount: 20,
                answerMax: 1)
            return Scheduler.Entry(id: SequenceID(id), demand: demand, arrival: .zero)
        }
        let rows = PromptShares.rows(of: entries, budget: 40, weights: [1, 1])
        #expect(rows.map(\.count) == [5, 5, 5, 5, 20], "of the first account's half the urgent take all")
    }

    @Test("rows that generate count: who has many of them leaves the prompt rows to the other")
    func generating() {
        let entries = (0 ..< 4).map { id in
            Scheduler.Entry(
                id: SequenceID(id),
                demand: Demand(account: id == 3 ? 1 : 0, promptCount: 100, answerMax: 1),
                arrival: .zero)
        }
        let rows = PromptShares.rows(of: entries, budget: 40, generating: [0: 60], weights: [1, 1])
        #expect(rows.map(\.id) == [3])
        #expect(rows.map(\.count) == [40])
        let level = PromptShares.rows(of: entries, budget: 40, generating: [0: 10], weights: [1, 1])
        #expect(level.last?.count == 25)
        #expect(level.reduce(0) { $0 + $1.count } == 40)
    }
}

@Suite("Pace of prompts") struct PromptPaceTests {
    /// Steps whose time grows with their rows, with noise: what rows the pace settles on, and how long its steps take.
    private func settled(_ target: PromptPace.Target, perRow: Double, seed: UInt64) -> (rows: Int, over: Double) {
        var random = RandomSource(seed: seed)
        var pace = PromptPace(target: target, rowsMax: 1024)
        var over = 0
        for step in 0 ..< 400 {
            let rows = pace.rows(beside: 8)
            let seconds = (0.075 + Double(rows) * perRow) * .random(in: 0.95 ... 1.05, using: &random)
            pace.record(generating: 8, prompt: rows, seconds: seconds)
            if step >= 50, seconds > 0.150 { over += 1 }
        }
        return (pace.rows(beside: 8), Double(over) / 350)
    }

    @Test("rows settle where steps take less than the target", arguments: [0.0001, 0.001, 0.004])
    func settles(perRow: Double) {
        for target in [PromptPace.Target.timesUndisturbed(2), .absolute(.milliseconds(150))] {
            let (rows, over) = settled(target, perRow: perRow, seed: 1)
            let fitting = 0.075 / perRow
            #expect(Double(rows) > fitting / 2 && Double(rows) < fitting * 1.05 || rows == 1024)
            #expect(over < 0.05)
        }
    }

    @Test("prompts go on, however little time there is")
    func progress() {
        var pace = PromptPace(target: .absolute(.milliseconds(1)), rowsMax: 1024)
        var rows = 0
        for _ in 0 ..< 100 {
            rows += pace.rows(beside: 8)
            pace.record(generating: 8, prompt: pace.rows(beside: 8), seconds: 1)
        }
        #expect(rows > 100)
    }

    @Test("the time without prompts is measured first, and again after many steps with them")
    func measures() {
        var pace = PromptPace(target: .timesUndisturbed(2), rowsMax: 1024)
        #expect(pace.rows(beside: 8) == 0)
        pace.record(generating: 8, prompt: 0, seconds: 0.1)
        var without = 0
        for _ in 0 ..< 1000 {
            let rows = pace.rows(beside: 8)
            if rows == 0 { without += 1 }
            pace.record(generating: 8, prompt: rows, seconds: 0.15)
        }
        #expect((2 ... 5).contains(without))
    }
}

@Suite("Overlap policy") struct OverlapPolicyTests {
    /// What `auto` costs over many steps, beside the better of the two ways.
    private func cost(on: Double, off: Double, steps: Int = 3000, noise: ClosedRange<Double> = 0.97 ... 1.03) -> Double
    {
        var random = RandomSource(seed: 7)
        var policy = OverlapPolicy(.auto)
        var total = 0.0
        for _ in 0 ..< steps {
            let overlapped = policy.overlaps(generating: 32, prompt: 0)
            let seconds = (overlapped ? on : off) * .random(in: noise, using: &random)
            policy.record(generating: 32, prompt: 0, overlapped: overlapped, seconds: seconds)
            total += seconds
        }
        return total / (Double(steps) * min(on, off))
    }

    @Test("auto stays within three hundredths of the better way", arguments: [0.6, 0.9, 0.99, 1.0, 1.05, 1.3, 1.8])
    func auto(on: Double) { #expect(cost(on: on, off: 1) < 1.03) }

    @Test("it follows when the better way changes")
    func follows() {
        var policy = OverlapPolicy(.auto)
        func play(_ steps: Int, on: Double) -> Int {
            var overlapped = 0
            for _ in 0 ..< steps {
                let overlaps = policy.overlaps(generating: 32, prompt: 0)
                if overlaps { overlapped += 1 }
                policy.record(generating: 32, prompt: 0, overlapped: overlaps, seconds: overlaps ? on : 1)
            }
            return overlapped
        }
        #expect(play(1000, on: 0.8) > 900)
        #expect(play(1000, on: 1.5) < 200)
    }

    @Test("one row is never split; on and off are what they say")
    func fixed() {
        #expect(!OverlapPolicy(.on).overlaps(generating: 1, prompt: 0))
        #expect(OverlapPolicy(.on).overlaps(generating: 2, prompt: 0))
        #expect(!OverlapPolicy(.off).overlaps(generating: 64, prompt: 64))
    }
}
