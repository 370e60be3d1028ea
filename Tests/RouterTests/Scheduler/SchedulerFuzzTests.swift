internal import Testing

@testable import Router

/// Random clusters, requests and mishaps against the state machine; what must always hold is checked after every step.
@Suite("Scheduler under random schedules") struct SchedulerFuzzTests {
    @Test(
        "budgets hold, no state is used before it is open or after it is closed, and every sequence ends",
        arguments: 0 ..< 20)
    func random(block: UInt64) async throws {
        let trouble = try await RandomWorlds.firstTrouble(block * 100 ..< (block + 1) * 100) { seed in
            var world = SchedulerWorld(seed: seed)
            world.run()
            return world.trouble
        }
        #expect(trouble == nil)
    }

    @Test("in such schedules prefixes are reused, states are kept, gone and cut back, and sequences wait for others")
    func coverage() async throws {
        let trouble = try await RandomWorlds.firstTrouble(0 ..< 1) { _ in
            var events: Set<SchedulerWorld.Event> = []
            for seed in 0 ..< 200 as Range<UInt64> {
                var world = SchedulerWorld(seed: seed)
                world.run()
                events.formUnion(world.events)
            }
            let missing = Set(SchedulerWorld.Event.allCases).subtracting(events)
            return missing.isEmpty ? nil : "\(missing)"
        }
        #expect(trouble == nil)
    }
}
