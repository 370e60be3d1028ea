import Testing

@testable import Announcing

@Suite("Bandwidth estimate") struct BandwidthEstimateTests {
    @Test("measurements that met a busy machine do not count, and neither does what is no number")
    func median() {
        var estimate = BandwidthEstimate(first: 1e9)
        #expect(estimate.bytesPerSecond == 1e9 && estimate.count == 1)
        for measured in [10e9, 11e9, .nan, 0, .infinity, -5, 2e9, 12e9, 9e9, 13e9] { estimate.add(measured) }
        #expect(estimate.bytesPerSecond == 10e9 && estimate.count == 7)
    }

    @Test("a host that becomes slow says so after a few measurements")
    func slower() {
        var estimate = BandwidthEstimate(first: 10e9)
        for _ in 0 ..< 10 { estimate.add(10e9) }
        for _ in 0 ..< 4 { estimate.add(2e9) }
        #expect(estimate.bytesPerSecond == 2e9)
    }

    @Test("eight measurements are due within two minutes, later ones seldom, and two hosts do not keep step")
    func pauses() {
        var random = SystemRandomNumberGenerator()
        let pauses = (0 ..< 11).map { BandwidthEstimate.pause(before: $0, using: &random) }
        #expect(pauses.allSatisfy { $0 > .seconds(1) })
        #expect(pauses.prefix(8).reduce(.zero, +) < .seconds(120))
        #expect(pauses.suffix(3).allSatisfy { $0 >= .seconds(60) })
        #expect(Set(pauses).count == pauses.count)
    }
}
