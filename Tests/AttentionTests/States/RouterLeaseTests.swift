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
        states.heard(2, at: later)
        #expect(try await states.closeSilent(at: later) == 1)
        #expect(states.usage.sequences == 1)
        // Of router 2 there is also one without tokens, which only router 2 is told of.
        #expect(engine.list.states.map(\.state) == [11, 21])
        #expect(try folder.files.count == 3)
        await #expect(throws: AttentionError.unknownSequence(5)) {
            try await engine.layer(0, router: 1, [Rows(sequence: 5, start: 2, count: 1)])
        }
        _ = try await engine.layer(0, router: 2, [Rows(sequence: 5, start: 2, count: 1)])
        states.heard(2, at: later)
        #expect(try await states.closeSilent(at: later) == 0)
    }
}
