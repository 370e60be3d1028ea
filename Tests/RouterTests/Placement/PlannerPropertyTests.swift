@testable import Router
import Testing

/// Thousands of random clusters whose hosts join, leave and change.
@Suite("Planner under random clusters") struct PlannerPropertyTests {
    @Test("budgets hold, every unit has its copies, loads are near the best possible and moves within their bound", arguments: 0 ..< 10)
    func random(block: UInt64) {
        var (balanced, bounded, refused) = (0, 0, 0)
        for seed in block * 250 ..< (block + 1) * 250 {
            var world = PlacementWorld(seed: seed)
            world.run()
            if let trouble = world.trouble {
                Issue.record("seed \(seed): \(trouble)")
                return
            }
            balanced += world.balanced
            bounded += world.bounded
            refused += world.refused
        }
        #expect(balanced > 50 && bounded > 10 && refused > 10, "the claims were hardly put to the test: \(balanced), \(bounded), \(refused)")
    }
}
