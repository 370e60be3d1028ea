import Messages
import Testing

@testable import Router

@Suite("Held units") struct HeldUnitsTests {
    private static let inventory = TestHosts.inventory(layers: 2, experts: 2)
    private static let everything = TestMembers.everything(inventory)

    @Test("a new host has to be told to keep nothing, once")
    func new() {
        var units = HeldUnits(Self.inventory)
        #expect(units.unitsToKeep() == [])
        #expect(units.unitsToKeep() == nil)
        #expect(units.isSettled && units.missingEighths == 0)
        #expect(units.nextBatch(first: 0, Self.inventory).isEmpty)
    }

    @Test("what is wanted is missing until it is there; what is there and not wanted is no part of that")
    func missing() {
        var units = HeldUnits(Self.inventory)
        units.add([ExpertUnit(layer: 0, expert: 0)])
        units.want(UnitMap(Self.inventory, all: 0x0F))
        #expect(!units.isSettled)
        #expect(units.missingEighths == 4, "the lower half of expert 1")
        #expect(
            units.nextBatch(first: 0, Self.inventory) == [
                ExpertUnit(layer: 0, expert: 1, slice: ExpertSlice(index: 0, of: 2))
            ])
        units.add(units.nextBatch(first: 0, Self.inventory))
        #expect(units.isSettled && units.missingEighths == 0)
    }

    @Test("what is not wanted is given up only when all that is wanted is there, and then the host is told")
    func giveUp() {
        var units = HeldUnits(Self.inventory)
        _ = units.unitsToKeep()
        units.add([ExpertUnit(layer: 1, expert: 1)])
        units.want(UnitMap(Self.inventory, all: 0xFF))
        #expect(units.giveUpUnwanted() == false)
        units.add([ExpertUnit(layer: 0, expert: 0), ExpertUnit(layer: 0, expert: 1)])
        #expect(units.unitsToKeep() == nil)
        #expect(units.giveUpUnwanted() == true)
        #expect(units.ready == units.wanted)
        #expect(units.unitsToKeep() == [ExpertUnit(layer: 0, expert: 0), ExpertUnit(layer: 0, expert: 1)])
        #expect(units.giveUpUnwanted() == false, "there is nothing more to give up")
    }

    @Test("a batch has at most 128 MiB, or one unit if that is larger")
    func batchBytes() {
        let large = TestHosts.inventory(layers: 1, experts: 3, byteCount: 200 << 20)
        let medium = TestHosts.inventory(layers: 1, experts: 5, byteCount: 40 << 20)
        for (inventory, count) in [(large, 1), (medium, 3)] {
            var units = HeldUnits(inventory)
            units.want(TestMembers.everything(inventory))
            #expect(units.nextBatch(first: 0, inventory).count == count)
        }
    }

    @Test("a batch has at most 4096 units")
    func batchUnits() {
        let inventory = TestHosts.inventory(layers: 3, experts: 2000)
        var units = HeldUnits(inventory)
        units.want(TestMembers.everything(inventory))
        #expect(units.nextBatch(first: 0, inventory).count == 4096)
    }
}
