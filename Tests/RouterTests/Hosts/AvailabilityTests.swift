import Testing

@testable import Router

@Suite("Availability") struct AvailabilityTests {
    private typealias Sight = Availability.Sight

    /// 16 experts, all there unless said otherwise.
    private func sight(
        held: Int = 128, connected: Int = 2, sound: Int = 2, isBeingLoaded: Bool = false, expected: Int? = nil,
        problem: String? = nil
    ) -> Sight {
        Sight(
            held: held, all: 128, connectedCount: connected, soundCount: sound, isBeingLoaded: isBeingLoaded,
            expectedCount: expected, problem: problem)
    }

    /// One that has been whole.
    private func serving() -> Availability {
        var availability = Availability(patience: .seconds(30))
        #expect(availability.look(sight(), at: .zero) == nil)
        return availability
    }

    @Test("before everything was there once, what is missing is told at once")
    func start() {
        var availability = Availability(patience: .seconds(30))
        #expect(
            availability.look(sight(held: 0, connected: 1, sound: 1, expected: 2), at: .zero)
                == "1 of 2 expert hosts are connected")
        #expect(
            availability.look(sight(held: 0, expected: 2, problem: "needs 2 GiB more"), at: .zero) == "needs 2 GiB more"
        )
        #expect(
            availability.look(sight(held: 40, isBeingLoaded: true), at: .seconds(1))
                == "experts are being loaded: 5 of 16 are there")
        #expect(!availability.isWhole)
        #expect(availability.look(sight(), at: .seconds(2)) == nil)
        #expect(availability.isWhole)
    }

    @Test("that the last host is gone, or that none answers any more, is told at once")
    func nobody() {
        var gone = serving(), silent = serving()
        #expect(gone.look(sight(held: 0, connected: 0, sound: 0), at: .seconds(1)) == "no expert host is connected")
        #expect(silent.look(sight(sound: 0), at: .seconds(1)) == "no expert host answers")
        #expect(!gone.isWhole && !silent.isWhole)
    }

    @Test("a gap that the hosts which are left close is told when it has lasted long")
    func closing() {
        var availability = serving()
        for second in 1 ..< 31 {
            #expect(availability.look(sight(held: 100, isBeingLoaded: true), at: .seconds(second)) == nil)
        }
        #expect(
            availability.look(sight(held: 100, isBeingLoaded: true), at: .seconds(31))
                == "experts are being loaded: 12 of 16 are there")
    }

    @Test("a gap for which there is no plan is told within two seconds, and a plan has time to be made before")
    func shortage() {
        var availability = serving()
        #expect(availability.look(sight(held: 64, connected: 1, sound: 1), at: .seconds(5)) == nil)
        #expect(
            availability.look(
                sight(held: 64, connected: 1, sound: 1, problem: "needs 1 GiB more"), at: .milliseconds(5900)) == nil)
        #expect(
            availability.look(
                sight(held: 64, connected: 1, sound: 1, problem: "needs 1 GiB more"), at: .milliseconds(6100))
                == "needs 1 GiB more")
    }

    @Test("what was told stays told until everything is there, and the next gap begins anew")
    func sticky() {
        var availability = serving()
        _ = availability.look(sight(held: 0, connected: 0, sound: 0), at: .seconds(1))
        #expect(availability.look(sight(held: 8, connected: 1, sound: 1, isBeingLoaded: true), at: .seconds(2)) != nil)
        #expect(availability.look(sight(connected: 1, sound: 1), at: .seconds(3)) == nil)
        #expect(availability.look(sight(held: 100, isBeingLoaded: true), at: .seconds(60)) == nil)
        #expect(availability.look(sight(held: 100, isBeingLoaded: true), at: .seconds(89)) == nil)
        #expect(availability.look(sight(held: 100, isBeingLoaded: true), at: .seconds(90)) != nil)
    }

    @Test("in any order of events: nothing is told while all is there; without a host, or at last, a gap is")
    func randomEvents() {
        var random = RandomSource(seed: 3)
        for _ in 0 ..< 200 {
            var availability = Availability(patience: .seconds(30)), now = Duration.zero, brokenSince: Duration?
            for _ in 0 ..< 100 {
                now += .milliseconds(Int.random(in: 1 ... 5000, using: &random))
                let held = Bool.random(using: &random) ? 128 : Int.random(in: 0 ... 128, using: &random)
                let connected = Int.random(in: 0 ... 3, using: &random),
                    sound = Int.random(in: 0 ... connected, using: &random)
                let sight = sight(
                    held: connected == 0 ? 0 : held, connected: connected, sound: sound,
                    isBeingLoaded: sound > 0 && Bool.random(using: &random))
                brokenSince = sight.isWhole ? nil : brokenSince ?? now
                let told = availability.look(sight, at: now)
                #expect(availability.isWhole == sight.isWhole)
                if sight.isWhole { #expect(told == nil) }
                if sound == 0 { #expect(told != nil) }
                if let brokenSince, now - brokenSince >= .seconds(30) { #expect(told != nil) }
            }
        }
    }
}
