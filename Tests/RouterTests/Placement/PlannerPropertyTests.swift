import Synchronization
import Testing

@testable import Router

/// Thousands of random clusters whose hosts join, leave and change.
@Suite("Planner under random clusters") struct PlannerPropertyTests {
    @Test(
        "budgets hold, every unit has its copies, loads are near the best possible and moves within their bound",
        arguments: 0 ..< 10)
    func random(block: UInt64) async throws {
        let claims = Claims()
        let trouble = try await RandomWorlds.firstTrouble(block * 250 ..< (block + 1) * 250) { seed in
            var world = PlacementWorld(seed: seed)
            world.run()
            claims.add(world)
            return world.trouble
        }
        #expect(trouble == nil)
        let (balanced, bounded, refused) = claims.counts
        #expect(
            balanced > 50 && bounded > 10 && refused > 10,
            "the claims were hardly put to the test: \(balanced), \(bounded), \(refused)")
    }
}

/// How often each claim was put to the test.
private final class Claims: Sendable {
    private let state = Mutex((balanced: 0, bounded: 0, refused: 0))

    var counts: (balanced: Int, bounded: Int, refused: Int) { state.withLock { $0 } }

    func add(_ world: PlacementWorld) {
        state.withLock { $0 = ($0.balanced + world.balanced, $0.bounded + world.bounded, $0.refused + world.refused) }
    }
}
