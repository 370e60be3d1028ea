import Messages
import Synchronization
import Testing

@testable import Router

/// Thousands of random stories of hosts and attention services that come, load, fall behind, lie, leave and come again;
/// see `HostsWorld`.
@Suite("Membership and plan under random events") struct MembershipFuzzTests {
    @Test(
        "what must always hold holds after every event, and in the end everything that is wanted is held",
        arguments: MemberRole.allCases, 0 ..< 10)
    func random(role: MemberRole, block: UInt64) async throws {
        let counts = Mutex(HostsWorld.Counts())
        let trouble = try await RandomWorlds.firstTrouble(block * 200 ..< (block + 1) * 200) { seed in
            var world = HostsWorld(seed: seed, role: role)
            world.run(events: 120)
            counts.withLock { $0.add(world.counts) }
            return world.trouble
        }
        #expect(trouble == nil)
        let all = counts.withLock { $0 }
        #expect(all.areEnough(for: role), "some claims were hardly put to the test: \(all)")
    }
}
