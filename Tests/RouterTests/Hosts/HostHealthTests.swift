import Testing

@testable import Router

@Suite("Host health") struct HostHealthTests {
    private func tracker(_ samples: [(count: Int, seconds: Double)]) -> LatencyTracker {
        var tracker = LatencyTracker()
        for sample in samples { for _ in 0 ..< sample.count { tracker.record(seconds: sample.seconds, expected: 1) } }
        return tracker
    }

    @Test("nobody is judged by a few answers: there is much patience before")
    func few() {
        let first = LatencyTracker().patience(expected: 0.001)
        #expect(first.hedge >= 1 && first.deadline >= 10)
        #expect(tracker([(5, 0.001)]).patience(expected: 0.001) == first)
        #expect(tracker([(100, 0.001)]).patience(expected: 0.001).deadline < first.deadline)
    }

    @Test("one slow answer among many does not change when a copy is asked, but how long a host may take at most")
    func outlier() {
        let steady = tracker([(100, 1)]).patience(expected: 1)
        let once = tracker([(99, 1), (1, 100), (12, 1)]).patience(expected: 1)
        #expect(once.hedge == steady.hedge)
        #expect(once.deadline >= 100)
        #expect(once.deadline > steady.deadline)
    }

    @Test("a host that is always slower is given more time, and a larger call as much more as it is larger")
    func scale() {
        let fast = tracker([(100, 1)]).patience(expected: 1)
        let slow = tracker([(100, 4)]).patience(expected: 1)
        #expect(slow.hedge == 4 * fast.hedge)
        #expect(slow.deadline == 4 * fast.deadline)
        let large = tracker([(100, 1)]).patience(expected: 8)
        #expect(large.hedge == 8 * fast.hedge)
        #expect(large.deadline == 8 * fast.deadline)
    }

    @Test("what was long ago is forgotten")
    func window() {
        #expect(tracker([(512, 100), (128, 1)]).patience(expected: 1) == tracker([(128, 1)]).patience(expected: 1))
        #expect(tracker([(512, 100), (64, 1)]).patience(expected: 1) != tracker([(128, 1)]).patience(expected: 1))
    }

    @Test("a copy is asked before the host is given up, and both wait longer than usual answers take")
    func randomSamples() {
        var random = RandomSource(seed: 5)
        for _ in 0 ..< 500 {
            var tracker = LatencyTracker()
            var seconds: [Double] = []
            for _ in 0 ..< Int.random(in: 16 ... 128, using: &random) {
                seconds.append(.random(in: 1e-6 ... 10, using: &random))
                tracker.record(seconds: seconds[seconds.count - 1], expected: 1e-3)
            }
            let patience = tracker.patience(expected: 1e-3)
            #expect(patience.hedge > 0)
            #expect(patience.hedge < patience.deadline)
            #expect(patience.hedge > seconds.sorted()[seconds.count / 2])
            #expect(patience.deadline > seconds.max()!)
        }
    }

    @Test("quantiles are values that were measured, in order; none before the first")
    func quantiles() {
        #expect(LatencyTracker().quantiles([0.5]) == [])
        var tracker = LatencyTracker()
        for seconds in (1 ... 100).reversed() { tracker.record(seconds: Double(seconds), expected: 1) }
        #expect(tracker.quantiles([0, 0.5, 0.9, 0.99, 1]) == [1, 51, 91, 100, 100])
    }

    @Test("how fast a host reads follows from the calls that read enough, whatever it was expected to take")
    func readSpeed() {
        let bytes = 5e6, hop = StepPrediction.hopSeconds
        for bandwidth in [1e8, 1e9, 1e11] {
            let health = HostHealth(of: "a")
            func answer(_ bytes: Double, at speed: Double) {
                health.answered(after: hop + bytes / speed, expected: hop + bytes / bandwidth)
            }
            func found() -> Double? { health.readSpeed(bandwidth: bandwidth, bytesMin: 1e6) }
            #expect(found() == nil)
            for _ in 0 ..< 100 { answer(1000, at: 1e10) }
            #expect(found() == nil, "calls that read little")
            for index in 0 ..< 60 { answer(bytes, at: index % 5 == 0 ? 1e7 : 2e9) }
            #expect(found().map { abs($0 / 2e9 - 1) < 1e-6 } == true)
            #expect(found() == nil, "nothing new")
            for _ in 0 ..< 128 { answer(bytes, at: 5e8) }
            #expect(found().map { abs($0 / 5e8 - 1) < 1e-6 } == true)
        }
    }

    @Test("deadlines that pass are counted until the next answer, and so are answers")
    func lapses() {
        let health = HostHealth(of: "a")
        #expect(health.lapsed() == 1)
        #expect(!health.lapsed(atMost: 3))
        #expect(health.lapsed(atMost: 3))
        health.answered(after: 0.5, expected: 1)
        #expect(health.lapsed() == 1)
        #expect(health.answerCount == 1)
        #expect(health.quantiles([0.5]) == [0.5])
    }
}
