import Messages
import Testing

@testable import Router

@Suite("Unit map") struct UnitMapTests {
    @Test("every mask is covered by the fewest slices, in order")
    func covering() {
        for mask in UInt8.min ... .max {
            let slices = ExpertSlice.covering(mask)
            #expect(slices.reduce(0) { $0 | $1.eighths } == mask)
            let count = slices.reduce(0) { $0 + $1.eighths.nonzeroBitCount }
            #expect(count == mask.nonzeroBitCount, "mask \(mask): something is covered twice")
            let starts = slices.map(\.eighths.trailingZeroBitCount)
            #expect(starts == starts.sorted(), "mask \(mask)")
            // Fewer would do only if two of them were the halves of one.
            let parents = slices.compactMap(\.parent)
            #expect(Set(parents).count == parents.count, "mask \(mask): halves of one slice")
        }
    }

    @Test("nothing, everything and what lies across the middle")
    func examples() {
        #expect(ExpertSlice.covering(0) == [])
        #expect(ExpertSlice.covering(0xFF) == [.whole])
        #expect(ExpertSlice.covering(0x0F) == [ExpertSlice(index: 0, of: 2)])
        #expect(
            ExpertSlice.covering(0b0111_1110) == [
                ExpertSlice(index: 1, of: 8), ExpertSlice(index: 1, of: 4), ExpertSlice(index: 2, of: 4),
                ExpertSlice(index: 6, of: 8),
            ])
    }

    private static let inventory = ExpertInventory(layers: [
        [.init(byteCount: 800, slicesMax: 8), .init(byteCount: 1600, slicesMax: 8)],
        [
            .init(byteCount: 80, slicesMax: 8), .init(byteCount: 160, slicesMax: 8),
            .init(byteCount: 2400, slicesMax: 8, isShared: true),
        ],
        [.init(byteCount: 8, slicesMax: 8)],
    ])

    private func randomMap(_ random: inout RandomSource) -> UnitMap {
        var map = UnitMap(Self.inventory)
        for (layer, experts) in Self.inventory.layers.enumerated() {
            for expert in experts.indices { map[layer, expert] = .random(in: .min ... .max, using: &random) }
        }
        return map
    }

    @Test("what a placement gives to a host is what it names it for")
    func placement() {
        let placement = Placement(
            hosts: ["a", "b"],
            layers: [
                [ExpertPlacement(holders: [[0], [1]]), ExpertPlacement(holders: [[0, 1]])],
                [
                    ExpertPlacement(holders: [[1], [1], [0], [1]]), ExpertPlacement(holders: [[1]]),
                    ExpertPlacement(holders: [[0]]),
                ],
                [ExpertPlacement(holders: [[0], [1], [0], [1], [0], [1], [0], [1]])],
            ])
        let (a, b) = (UnitMap(placement, host: 0, Self.inventory), UnitMap(placement, host: 1, Self.inventory))
        func eighths(_ map: UnitMap) -> [UInt8] {
            [map[0, 0], map[0, 1], map[1, 0], map[1, 1], map[1, 2], map[2, 0]]
        }
        #expect(eighths(a) == [0x0F, 0xFF, 0b0011_0000, 0, 0xFF, 0b0101_0101])
        #expect(eighths(b) == [0xF0, 0xFF, 0b1100_1111, 0xFF, 0, 0b1010_1010])
    }

    @Test("units and maps are two ways to say the same")
    func roundTrip() {
        var random = RandomSource(seed: 1)
        for _ in 0 ..< 200 {
            let (map, other) = (randomMap(&random), randomMap(&random))
            var copy = UnitMap(Self.inventory)
            copy.formUnion(Array(map.units(first: .random(in: 0 ..< 3, using: &random))))
            #expect(copy == map)
            for unit in other.units() { copy.subtract(unit) }
            var rest = UnitMap(Self.inventory)
            rest.formUnion(Array(map.units(notIn: other)))
            #expect(copy == rest)
            let shared = map.intersection(other)
            #expect(map.isSuperset(of: shared) && other.isSuperset(of: shared))
            #expect(shared.eighthCount + rest.eighthCount == map.eighthCount)
            #expect(shared.byteCount(Self.inventory) + rest.byteCount(Self.inventory) == map.byteCount(Self.inventory))
            #expect(map.isSuperset(of: other) == Array(other.units(notIn: map)).isEmpty)
            copy.formUnion(other)
            #expect(copy.isSuperset(of: map) && copy.isSuperset(of: other))
        }
    }

    @Test("units come layer after layer from the first one asked for, and end with the layer before it")
    func order() {
        var map = UnitMap(Self.inventory)
        for (layer, experts) in Self.inventory.layers.enumerated() {
            for expert in experts.indices { map[layer, expert] = 0xFF }
        }
        #expect(map.units(first: 1).map(\.layer) == [1, 1, 1, 2, 0, 0])
        #expect(map.units(first: 1).map(\.expert) == [0, 1, 2, 0, 0, 1])
        #expect(map.units().map(\.slice).allSatisfy { $0 == .whole })
    }

    @Test("bytes are those of the eighths that are held")
    func bytes() {
        var map = UnitMap(Self.inventory)
        #expect(map.byteCount(Self.inventory) == 0)
        map.formUnion([
            ExpertUnit(layer: 0, expert: 1, slice: ExpertSlice(index: 1, of: 4)), ExpertUnit(layer: 1, expert: 2),
        ])
        #expect(map.byteCount(Self.inventory) == 1600 / 4 + 2400)
        #expect(map.eighthCount == 2 + 8)
    }
}
