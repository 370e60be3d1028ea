import Messages
import TestSupport
import Testing

@testable import ExpertHost

@Suite("Holdings of several routers") struct ExpertHoldingsTests {
    private struct Eighth: Hashable {
        let router: String
        let place: ExpertHoldings.Place
        let number: Int
    }

    /// The eighths of a unit, for a router, as single things: what the bits of the holdings stand for.
    private static func eighths(_ units: [ExpertUnit], _ router: String) -> Set<Eighth> {
        Set(
            units.flatMap { unit in
                let width = 8 / unit.slice.count
                let first = unit.slice.index * width
                return (first ..< first + width).map { Eighth(router: router, place: .init(unit), number: $0) }
            })
    }

    private static func units(_ random: inout SplitMix64) -> [ExpertUnit] {
        (0 ..< Int.random(in: 0 ... 6, using: &random)).map { _ in
            ExpertUnit(
                layer: Int.random(in: 0 ... 1, using: &random), expert: Int.random(in: 0 ... 2, using: &random),
                slice: .random(using: &random))
        }
    }

    @Test("are what was added and kept, eighth by eighth", arguments: 0 ..< 50 as Range<UInt64>)
    func random(seed: UInt64) {
        var random = SplitMix64(seed: seed), holdings = ExpertHoldings(), held: Set<Eighth> = []
        for _ in 0 ..< 60 {
            let router = ["one", "two", "three"].randomElement(using: &random)!
            let units = Self.units(&random)
            switch Int.random(in: 0 ..< 8, using: &random) {
            case 0 ..< 4:
                holdings.add(units, for: router)
                held.formUnion(Self.eighths(units, router))
            case 4 ..< 7:
                holdings.retain(units, for: router)
                let kept = Self.eighths(units, router)
                held = held.filter { $0.router != router || kept.contains($0) }
            default:
                holdings.forget(router: router)
                held = held.filter { $0.router != router }
            }
            #expect(holdings.places == Set(held.map(\.place)))
            for place in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)].map(ExpertHoldings.Place.init) {
                let expected = held.filter { $0.place == place }.reduce(0) { $0 | 1 << UInt8($1.number) }
                #expect(holdings.eighths(place) == expected)
            }
        }
    }

    @Test("keeping nothing, and forgetting a router that was never heard of, leave nothing behind")
    func nothing() {
        var holdings = ExpertHoldings()
        holdings.forget(router: "nobody")
        holdings.retain([ExpertUnit(layer: 0, expert: 0)], for: "nobody")
        #expect(holdings.places.isEmpty)
        holdings.add([ExpertUnit(layer: 0, expert: 0, slice: ExpertSlice(index: 3, of: 4))], for: "r")
        #expect(holdings.eighths(.init(layer: 0, expert: 0)) == 0b1100_0000)
        holdings.retain([ExpertUnit(layer: 0, expert: 0, slice: ExpertSlice(index: 6, of: 8))], for: "r")
        #expect(holdings.eighths(.init(layer: 0, expert: 0)) == 0b0100_0000)
        holdings.retain([], for: "r")
        #expect(holdings.places.isEmpty)
    }
}
