import Foundation
import Testing

@testable import Router

@Suite("Host speeds") struct HostSpeedsTests {
    /// A host as it really is, and what it says of itself.
    private struct TrueHost {
        let name: String
        var kind: HostSpeeds.Kind
        /// Bytes a second.
        var speed: Double
        /// The first one in the rush of a start.
        var measured: [Double]
        var isCalled = false

        var seen: HostSpeeds.Host {
            HostSpeeds.Host(
                instance: name, kind: kind, bandwidth: Array(measured.suffix(7)).middle,
                measurements: min(7, measured.count))
        }
    }

    /// A cluster whose hosts measure now and then, and are looked at every few seconds.
    private struct World {
        var hosts: [TrueHost]
        var speeds = HostSpeeds()
        var random: RandomSource
        var changes = 0

        /// - Parameters:
        ///   - speeds: of each host, in bytes a second.
        ///   - areOneKind: all are on one machine and alike; else each has a machine of its own.
        init(_ speeds: [Double], areOneKind: Bool, seed: UInt64) {
            random = RandomSource(seed: seed)
            hosts = []
            for (index, speed) in speeds.enumerated() {
                let kind = HostSpeeds.Kind(machine: areOneKind ? "m" : "m\(index)", kernels: "avx2", threads: 2)
                // What equal containers found when they were started together: 1.6 to 34 GB/s.
                let first = min(max(HostSpeedsTests.noisy(7.4e9, spread: 1.2, &random), 1.6e9), 34e9)
                hosts.append(TrueHost(name: "host-\(index)", kind: kind, speed: speed, measured: [first]))
            }
            self.speeds.begin(hosts.map(\.seen))
        }

        /// - Parameter noise: the standard deviation of what calls show, of its logarithm.
        mutating func look(_ count: Int, noise: Double = 0.2) {
            var before = relativeSpeeds
            for look in 0 ..< count {
                let seen = hosts.indices.map { index -> HostSpeeds.Host in
                    if look % 3 == 0, hosts[index].measured.count < 9 || look % 24 == 0 {
                        hosts[index].measured.append(HostSpeedsTests.noisy(hosts[index].speed, spread: 0.2, &random))
                    }
                    var host = hosts[index].seen
                    host.calls =
                        hosts[index].isCalled
                        ? HostSpeedsTests.noisy(hosts[index].speed / 3, spread: noise, &random) : nil
                    return host
                }
                _ = speeds.look(seen)
                if relativeSpeeds != before { changes += 1 }
                before = relativeSpeeds
            }
        }

        /// To the first host's.
        var relativeSpeeds: [Float] {
            let all = hosts.map { speeds.speed(of: $0.seen) }
            return all.map { Float($0 / all[0]) }
        }

        mutating func call() { for index in hosts.indices { hosts[index].isCalled = true } }

        /// How many of 32 experts in each of 12 layers each host gets, in parts of an even share.
        var parts: [Double] {
            get throws {
                let inventory = TestHosts.inventory(layers: 12, experts: 32)
                let offers = hosts.map {
                    HostOffer(name: $0.name, memoryBytes: 1 << 40, bandwidth: speeds.speed(of: $0.seen))
                }
                let wish = PlacementWish(mode: .throughput, hotCopies: false)
                let plan = try Planner.plan(
                    inventory, on: offers, shares: .uniform(inventory), wish: wish, previous: nil)
                let counts = plan.hosts.indices.map { host in plan.layers.joined().count { $0.holders[0] == [host] } }
                return counts.map { Double($0 * hosts.count) / Double(12 * 32) }
            }
        }
    }

    private static func noisy(_ value: Double, spread: Double, _ random: inout RandomSource) -> Double {
        let normal = (-2 * log(1 - random.uniform())).squareRoot() * cos(2 * .pi * random.uniform())
        return value * exp(spread * normal)
    }

    private static func areEven(_ parts: [Double]) -> Bool { parts.allSatisfy { abs($0 - 1) <= 0.2 } }

    @Test("six equal hosts hold equally much, whatever the start made of their measurements", arguments: [true, false])
    func equal(areOneKind: Bool) throws {
        for seed in 0 ..< 60 as Range<UInt64> {
            var world = World(Array(repeating: 10e9, count: 6), areOneKind: areOneKind, seed: seed)
            let first = try world.parts
            #expect(Self.areEven(first), "seed \(seed): \(first)")
            for called in [false, true] {
                if called { world.call() }
                for _ in 0 ..< 6 {
                    world.look(20)
                    let parts = try world.parts
                    #expect(Self.areEven(parts), "seed \(seed), calls \(called): \(parts)")
                }
            }
        }
    }

    @Test("a machine a quarter as fast gets about a quarter, with calls and without", arguments: [true, false])
    func slowMachine(isCalled: Bool) throws {
        for seed in 0 ..< 60 as Range<UInt64> {
            var world = World([10e9, 10e9, 2.5e9, 10e9, 10e9, 10e9], areOneKind: false, seed: seed)
            if isCalled { world.call() }
            world.look(120)
            let parts = try world.parts
            let ratio = parts[2] / (parts.reduce(0, +) - parts[2]) * 5
            #expect(ratio > 0.15 && ratio < 0.36, "seed \(seed): \(parts)")
        }
    }

    @Test("a host that is slower than its equals is found by its calls, when they show it for long; so is its recovery")
    func slowEqual() throws {
        for seed in 0 ..< 60 as Range<UInt64> {
            var world = World(Array(repeating: 10e9, count: 6), areOneKind: true, seed: seed)
            world.call()
            world.look(100)
            world.hosts[4].speed = 2.5e9
            world.look(HostSpeeds.looks)
            let soon = try world.parts
            #expect(Self.areEven(soon), "seed \(seed): believed too soon")
            world.look(100)
            let slow = try world.parts
            #expect(slow[4] > 0.15 && slow[4] < 0.45, "seed \(seed): \(slow)")
            world.hosts[4].speed = 10e9
            world.look(100)
            let recovered = try world.parts
            #expect(Self.areEven(recovered), "seed \(seed): \(recovered)")
        }
    }

    @Test("noise changes nothing", arguments: [true, false])
    func noFlapping(areOneKind: Bool) {
        for seed in 0 ..< 10 as Range<UInt64> {
            var world = World(Array(repeating: 10e9, count: 6), areOneKind: areOneKind, seed: seed)
            world.look(50, noise: 0.3)
            world.call()
            let before = world.changes
            world.look(5000, noise: 0.3)
            #expect(world.changes == before, "seed \(seed)")
        }
    }

    @Test("one measurement alone decides nothing, however often it is told")
    func oneMeasurement() {
        var speeds = HostSpeeds()
        let hosts = [1e9, 20e9, 20e9].enumerated().map {
            HostSpeeds.Host(
                instance: "\($0)", kind: HostSpeeds.Kind(machine: "\($0)", kernels: "avx2", threads: 1), bandwidth: $1,
                measurements: 1)
        }
        speeds.begin(hosts)
        let changes = (0 ..< 100).map { _ in speeds.look(hosts) }
        #expect(!changes.contains(true))
        #expect(Set(hosts.map { speeds.speed(of: $0) }) == [20e9])
    }

    @Test("what the operator has set counts as it is, and calls do not change it")
    func set() {
        var speeds = HostSpeeds()
        func host(_ name: String, _ bandwidth: Double, _ measurements: Int) -> HostSpeeds.Host {
            HostSpeeds.Host(
                instance: name, kind: HostSpeeds.Kind(machine: "m", kernels: "avx2", threads: 1), bandwidth: bandwidth,
                measurements: measurements, calls: 3e9)
        }
        let hosts = [host("a", 1e9, 0), host("b", 8e9, 0), host("c", 4e9, 5)]
        speeds.begin(hosts)
        for _ in 0 ..< 100 { _ = speeds.look(hosts) }
        #expect(hosts.map { speeds.speed(of: $0) } == [1e9, 8e9, 4e9])
    }

    @Test("a host that starts again is judged anew")
    func newRun() {
        var world = World([10e9, 10e9, 1e9], areOneKind: false, seed: 1)
        world.call()
        world.look(100)
        let slow = world.hosts[2].seen,
            new = HostSpeeds.Host(instance: "new", kind: slow.kind, bandwidth: 1e9, measurements: 1)
        #expect(world.speeds.speed(of: slow) < 0.3 * world.speeds.speed(of: world.hosts[0].seen))
        #expect(world.speeds.speed(of: new) == world.speeds.speed(of: world.hosts[0].seen))
    }
}

@Suite("Steady values") struct SteadyValueTests {
    /// For each of what was seen, whether the value has changed.
    private func see(_ seen: [Double], _ steady: inout SteadyValue) -> [Bool] { seen.map { steady.see($0, looks: 4) } }

    @Test("a value changes to the median of what was seen, once that was on one side often enough in a row")
    func changes() {
        var steady = SteadyValue(1)
        let changes = see([2, 3, 2, 2], &steady)
        #expect(changes == [false, false, false, true])
        #expect(steady.value == 2)
    }

    @Test("what is near, and what lies on the other side, begins the count anew")
    func resets() {
        var steady = SteadyValue(1)
        for _ in 0 ..< 20 { _ = see([2, 2, 2, 1.2, 2, 2, 2, 0.5], &steady) }
        #expect(steady.value == 1)
    }

    @Test("what is no number above zero is nothing", arguments: [0, -1, .nan, .infinity])
    func numbers(seen: Double) {
        var steady = SteadyValue(1)
        _ = see(Array(repeating: seen, count: 20), &steady)
        #expect(steady.value == 1)
    }
}
