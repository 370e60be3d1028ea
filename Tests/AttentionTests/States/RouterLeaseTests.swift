import Checkpoint
import Messages
import TestSupport
import Testing

@testable import Attention

@Suite("Leases of routers") struct RouterLeasesTests {
    @Test("a router that is heard of keeps its sequences; one that is silent is told once")
    func leases() {
        var leases = RouterLeases()
        let step = RouterLeases.length * 0.75
        for index in 0 ... 10 {
            leases.heard(1, at: step * index)
            if index == 0 { leases.heard(2, at: .zero) }
            let expired = leases.expired(at: step * index)
            #expect(expired == (index == 2 ? [2] : []), "after \(step * index)")
        }
        leases.heard(2, at: step * 10)
        let expired = leases.expired(at: step * 11)
        #expect(expired.isEmpty)
    }

    @Test(
        "a lease ends once, after a silence longer than it, and begins anew with the next call",
        arguments: 0 ..< 20 as Range<UInt64>)
    func silences(seed: UInt64) {
        var random = SplitMix64(seed: seed), leases = RouterLeases(), lastHeard: [UInt64: Duration] = [:]
        var now = Duration.zero
        for _ in 0 ..< 300 {
            now += .milliseconds(Int.random(in: 0 ... 4000, using: &random))
            let router = UInt64.random(in: 1 ... 4, using: &random)
            if Int.random(in: 0 ..< 4, using: &random) == 0 {
                leases.heard(router, at: now)
                lastHeard[router] = now
            }
            let silent = lastHeard.filter { now - $0.value > RouterLeases.length }.keys.sorted()
            let expired = leases.expired(at: now)
            #expect(expired == silent)
            for router in silent { lastHeard[router] = nil }
        }
    }

    @Test("who was told of a part knows it until the part changes, or its lease ends")
    func knowledge() throws {
        var leases = RouterLeases()
        let half = try #require(AttentionPart(index: 1, count: 2))
        func knowing(_ leases: RouterLeases) -> [UInt64] { [1, 2, 3].filter(leases.knowsPart) }
        #expect(knowing(leases) == [1, 2, 3], "whoever never asked takes the service for all of attention, as it is")
        leases.changePart(to: half, for: 1)
        #expect(knowing(leases) == [1] && leases.part == half)
        leases.told(2, of: .whole)
        #expect(knowing(leases) == [1], "it was told before the change")
        leases.told(2, of: half)
        leases.heard(2, at: .zero)
        #expect(knowing(leases) == [1, 2])
        let silent = leases.expired(at: RouterLeases.length * 2)
        #expect(silent == [2] && knowing(leases) == [1])
        leases.changePart(to: .whole, for: 3)
        #expect(knowing(leases) == [3] && leases.part == .whole)
    }

    @Test("a router is alone when the leases of all others have ended")
    func alone() {
        var leases = RouterLeases()
        #expect(!leases.hasOther(than: 1, at: .zero))
        leases.heard(1, at: .zero)
        leases.heard(2, at: .seconds(1))
        let end = RouterLeases.length + .seconds(1)
        #expect(leases.hasOther(than: 1, at: end) && leases.hasOther(than: 3, at: end))
        #expect(!leases.hasOther(than: 2, at: end))
        #expect(!leases.hasOther(than: 1, at: end + .milliseconds(1)))
    }

    @Test("a silent router's sequences are closed, and what only it would ask for is dropped, from disk too")
    func silent() async throws {
        let folder = try TemporaryFolder()
        let engine = try AttentionEngine("mixed-original", folder: folder.path)
        let states = engine.states, owner = AttentionEngine.owner
        for router in [1, 2] as [UInt64] {
            try await engine.open(5, router: router)
            for layer in 0 ..< 3 {
                _ = try await engine.layer(layer, router: router, [Rows(sequence: 5, start: 0, count: 2)])
            }
            for (index, tokens) in ([[], [1, 2]] as [[Int32]]).enumerated() {
                let id = StateID(rawValue: 10 * router + UInt64(index))
                _ = try await states.keep(
                    KeepStateRequest(router: router, sequence: 5, state: id, owner: owner, tokens: tokens))
                _ = try await states.store(StoreStateRequest(router: router, owner: owner, state: id))
            }
        }
        #expect(try await states.closeSilent(at: states.now) == 0)
        let later = states.now + RouterLeases.length + .seconds(1)
        // Router 2 is heard of until then, in the eyes of the keeper: only router 1 is silent.
        engine.routers.heard(2, at: later)
        #expect(try await states.closeSilent(at: later) == 1)
        #expect(states.usage.sequences == 1)
        // Of router 2 there is also one without tokens, which only router 2 is told of.
        #expect(engine.list.states.map(\.state) == [11, 21])
        #expect(try folder.files.count == 3)
        await #expect(throws: AttentionError.unknownSequence(5)) {
            try await engine.layer(0, router: 1, [Rows(sequence: 5, start: 2, count: 1)])
        }
        _ = try await engine.layer(0, router: 2, [Rows(sequence: 5, start: 2, count: 1)])
        engine.routers.heard(2, at: later)
        #expect(try await states.closeSilent(at: later) == 0)
    }

    @Test("kept states whose owner's routers are silent for too long go, from memory and from disk; others stay")
    func orphans() async throws {
        let folder = try TemporaryFolder(), time = Duration.seconds(1000)
        let engine = try AttentionEngine("mixed-original", folder: folder.path, routers: Routers(orphanTime: time))
        let states = engine.states
        for (router, owner) in [(1, "early"), (2, "late")] as [(UInt64, String)] {
            try await engine.open(5, router: router)
            for layer in 0 ..< 3 {
                _ = try await engine.layer(layer, router: router, [Rows(sequence: 5, start: 0, count: 2)])
            }
            for id in [10 * router, 10 * router + 1] {
                let state = StateID(rawValue: id)
                _ = try await states.keep(
                    KeepStateRequest(router: router, sequence: 5, state: state, owner: owner, tokens: [1, 2]))
            }
            _ = try await states.store(
                StoreStateRequest(router: router, owner: owner, state: StateID(rawValue: 10 * router)))
        }
        #expect(await states.dropOrphans(at: states.now) == 0)
        let later = states.now + time + .seconds(1)
        engine.routers.heard(2, at: later)
        #expect(await states.dropOrphans(at: later) == 2)
        #expect(states.list(ListStatesRequest(router: 3, owner: "early")).states.isEmpty)
        #expect(states.list(ListStatesRequest(router: 3, owner: "late")).states.count == 2)
        #expect(try folder.files.count == 1)
    }
}
