import Checkpoint
import Messages
import Testing

@testable import Attention

/// Which kept state goes next is decided by the store alone.
@Suite("The order in which kept states go") struct EvictionOrderTests {
    private static let shape = StateShape(try! Fixture.files("mixed-original").config)

    private var store = StateStore(Self.shape, budgetBytes: 1 << 30)

    private mutating func adopt(
        _ id: StateID, length: Int = 10, worth: Double = 1, isPromised: Bool = false, diskBytes: Int = 0,
        lastUse: Duration = .zero, hasTokens: Bool = true, isInMemory: Bool = true, sharing other: KeptState? = nil
    ) {
        let about = KeptEntry.About(
            owner: "me", router: 1, tokens: hasTokens ? [Int32](repeating: 0, count: length) : [],
            isPromised: isPromised, worth: .seconds(worth))
        let memory = other ?? (isInMemory ? KeptState.empty(Self.shape, length: length, store.book) : nil)
        try! store.adopt(
            KeptEntry(id: id, about: about, length: length, memory: memory, diskBytes: diskBytes, lastUse: lastUse))
    }

    /// All that leave memory, one after the other.
    private mutating func order(at now: Duration = .seconds(100)) -> [StateID] {
        var order: [StateID] = []
        while let next = store.nextToLeaveMemory(at: now) {
            order.append(next.id)
            _ = store.drop(next.id)
        }
        return order
    }

    @Test("what was computed sooner goes first, then what was used longer ago, then what takes more memory")
    mutating func value() {
        adopt(1, worth: 5)
        adopt(2, worth: 1)
        adopt(3, worth: 5, lastUse: .seconds(90))
        adopt(4, length: 300, worth: 5)
        adopt(5, worth: 5)
        store.update(5) { $0.use(at: .zero) }
        #expect(order() == [2, 4, 1, 5, 3])
    }

    @Test("of two equal ones the one with the lower number goes first, so that the order is always the same")
    mutating func ties() {
        for id in [3, 1, 2] as [StateID] { adopt(id) }
        #expect(order() == [1, 2, 3])
    }

    @Test("seconds saved, times how often it was used, by its idle time and its bytes")
    func formula() {
        let about = KeptEntry.About(owner: "me", router: 1, worth: .seconds(8))
        var entry = KeptEntry(id: 1, about: about, length: 5, memory: nil, lastUse: .seconds(10))
        #expect(entry.value(bytes: 4, at: .seconds(30)) == 8.0 / 80 / 4)
        entry.use(at: .seconds(30))
        #expect(entry.value(bytes: 4, at: .seconds(30)) == 2 * 8.0 / 60 / 4)
        #expect(entry.value(bytes: 4, at: .seconds(20)) == 2 * 8.0 / 60 / 4, "a clock that goes back harms nothing")
    }

    @Test("those on the move, those that a sequence waits for and those that can go nowhere stay")
    mutating func inUse() {
        for id in [1, 2, 3, 4] as [StateID] { adopt(id) }
        store.update(1) { $0.isMoving = true }
        store.update(2) { $0.waitingCount = 1 }
        #expect(store.nextToLeaveMemory(at: .zero, except: [3])?.id == 4)
        #expect(store.nextToLeaveMemory(at: .zero, except: [3, 4]) == nil)
        adopt(5, diskBytes: 9, isInMemory: false)
        #expect(store.nextToLeaveMemory(at: .zero, except: [3, 4]) == nil, "what is on disk frees no memory")
    }

    @Test("one that a running sequence shares all of its memory with stays")
    mutating func pinned() throws {
        adopt(1, length: 64)
        let key = SequenceKey(router: 1, id: 1)
        let origin = StateOrigin(state: 1, owner: "me", length: 64)
        _ = try store.open(key, tokensMax: 64, from: origin, at: .zero)
        #expect(store.nextToLeaveMemory(at: .zero) == nil)
        #expect(store.kept[1]?.uses == 1)
        _ = store.close(key)
        #expect(store.nextToLeaveMemory(at: .zero)?.id == 1)
    }

    @Test("those that share all of their memory with each other go one after the other")
    mutating func shared() {
        let state = KeptState.empty(Self.shape, length: 70, store.book)
        for id in [1, 2] as [StateID] {
            adopt(id, sharing: KeptState(length: 70, layers: state.layers))
        }
        #expect(store.kept[1]?.memory?.ownByteCount == 0)
        #expect(order() == [1, 2])
    }

    @Test("what leaves memory is in its file, or gone; promised ones without a file and those in use stay")
    mutating func leaving() {
        adopt(1, diskBytes: 9)
        adopt(2)
        adopt(3, isPromised: true)
        adopt(4, diskBytes: 9)
        store.update(4) { $0.waitingCount = 1 }
        adopt(5)
        store.update(5) { $0.isMoving = true }
        let became = ([1, 2, 3, 4, 5, 6] as [StateID]).map { store.leaveMemory($0) }
        #expect(became == [.movedToDisk, .evicted, .stayed, .stayed, .stayed, .stayed])
        #expect(store.kept[1]?.memory == nil && store.kept[1]?.diskBytes == 9)
        #expect(store.kept.keys.sorted() == [1, 3, 4, 5])
        #expect([3, 4, 5].allSatisfy { store.kept[$0]?.memory != nil })
    }

    @Test("with its file a state goes that is nowhere else")
    mutating func leavingDisk() {
        adopt(1, diskBytes: 9)
        adopt(2, diskBytes: 9, isInMemory: false)
        let became = ([1, 2, 3] as [StateID]).map { store.leaveDisk($0) }
        #expect(became == [.stayed, .evicted, .stayed])
        #expect(store.kept.keys.sorted() == [1] && store.kept[1]?.diskBytes == 0)
    }

    @Test("a file makes room for a more valuable one only; promised ones and those in use stay")
    mutating func disk() throws {
        adopt(1, worth: 2, diskBytes: 100)
        adopt(2, worth: 3, diskBytes: 100)
        adopt(3, worth: 1, isPromised: true, diskBytes: 100)
        adopt(4, worth: 1, diskBytes: 100)
        store.update(4) { $0.waitingCount = 1 }
        adopt(5, worth: 1, diskBytes: 100)
        store.update(5) { $0.isMoving = true }
        adopt(6, worth: 9)
        let new = try #require(store.kept[6])
        func next(bytes: Int) -> StateID? { store.nextToLeaveDisk(for: new, bytes: bytes, at: .zero)?.id }
        #expect(next(bytes: 100) == 1)
        #expect(next(bytes: 449) == 1)
        #expect(next(bytes: 450) == nil, "for each byte it is worth no more")
        adopt(7, worth: 0, isPromised: true)
        let promised = try #require(store.kept[7])
        #expect(store.nextToLeaveDisk(for: promised, bytes: 1 << 30, at: .zero)?.id == 1)
    }

    @Test("written in rest is the most valuable one that rests, that another start could use, and that is worth it")
    mutating func resting() {
        func next(at now: Duration, _ isWorthIt: (KeptEntry) -> Bool = { _ in true }) -> StateID? {
            store.nextToStore(at: now, restingFor: .seconds(1), worth: .seconds(2), where: isWorthIt)?.id
        }
        adopt(1, worth: 1)
        #expect(next(at: .seconds(10)) == nil, "soon computed again")
        adopt(2, worth: 3)
        adopt(3, worth: 9, hasTokens: false)
        adopt(4, worth: 9, diskBytes: 5)
        adopt(5, worth: 9, isInMemory: false)
        adopt(6, worth: 5, lastUse: .seconds(9.5))
        adopt(7, worth: 9)
        store.update(7) { $0.isMoving = true }
        #expect(next(at: .seconds(0.5)) == nil)
        #expect(next(at: .seconds(10)) == 2)
        #expect(next(at: .seconds(11)) == 6)
        #expect(next(at: .seconds(11)) { $0.id != 6 } == 2, "one that is not worth it keeps no other from it")
        adopt(8, worth: 0, isPromised: true)
        #expect(next(at: .seconds(11)) == 8)
    }
}
