import Checkpoint
import TestSupport
import Testing

@testable import Attention

private let seeds: Range<UInt64> = 0 ..< 20

/// Thousands of random calls to a store, beside the plainest book of the same sessions.
@Suite("Random calls to a session store") struct SessionStoreRandomTests {
    private static let config = try! Fixture.files("mixed-original").config

    /// What the book knows of a session.
    private enum Place {
        case open(tokensMax: Int)
        case parking(tokensMax: Int, isClosed: Bool), resuming(ParkedSession, tokensMax: Int, isClosed: Bool)
        case parked(ParkedSession)

        /// Of the positions for which memory is reserved; nil: of none.
        var reserved: Int? {
            switch self {
            case .open(let tokensMax), .parking(let tokensMax, _), .resuming(_, let tokensMax, _): tokensMax
            case .parked: nil
            }
        }

        /// The error of a call that needs an open session.
        func error(_ id: UInt64) -> AttentionError? {
            switch self {
            case .open: nil
            case .parking(_, let isClosed), .resuming(_, _, let isClosed): isClosed ? .unknownSession(id) : .moving(id)
            case .parked: .parked(id)
            }
        }
    }

    private struct World {
        var random: SplitMix64
        var store: SessionStore
        var book: [SessionKey: Place] = [:]
        var trouble: String?
        let budget: Int

        init(seed: UInt64) {
            random = SplitMix64(seed: seed)
            budget = config.sessionBytes(tokensMax: Int.random(in: 200 ... 2000, using: &random))
            store = SessionStore(config, budgetBytes: budget)
        }

        func bytes(_ tokens: Int?) -> Int { tokens.map { config.sessionBytes(tokensMax: $0) } ?? 0 }

        var reserved: Int { book.values.reduce(0) { $0 + bytes($1.reserved) } }

        /// Nil where so many bytes more are free.
        func memoryError(_ needed: Int) -> AttentionError? {
            needed <= budget - reserved ? nil : .memory(needed: needed, free: budget - reserved, budget: budget)
        }

        /// Calls the store and compares its error with the expected one; returns what it gave.
        mutating func call<R>(
            _ name: String, expecting expected: AttentionError?,
            _ body: (inout SessionStore) throws(AttentionError) -> R
        ) -> R? {
            do {
                let answer = try body(&store)
                if let expected { trouble = "\(name) succeeded, expected: \(expected)" }
                return answer
            } catch {
                if error != expected { trouble = "\(name): \(error), not \(String(describing: expected))" }
                return nil
            }
        }

        mutating func open(_ key: SessionKey, _ tokens: Int) {
            let error = book[key] == nil ? memoryError(bytes(tokens)) : .sessionExists(key.id)
            let opened = call("open", expecting: error) { store throws(AttentionError) in
                try store.open(key, tokensMax: tokens)
            }
            if opened != nil { book[key] = .open(tokensMax: tokens) }
        }

        mutating func grow(_ key: SessionKey, _ tokens: Int) {
            var error = book[key] == nil ? .unknownSession(key.id) : book[key]?.error(key.id)
            var after = tokens
            if case .open(let before) = book[key] {
                after = max(before, tokens)
                error = memoryError(bytes(after) - bytes(before))
            }
            let grown = call("grow", expecting: error) { store throws(AttentionError) in
                try store.grow(key, tokensMax: tokens)
            }
            guard let grown else { return }
            book[key] = .open(tokensMax: after)
            if grown != bytes(after) { trouble = "grow says \(grown) bytes" }
        }

        mutating func close(_ key: SessionKey) {
            let wasThere: Bool
            switch book[key] {
            case nil, .parking(_, true), .resuming(_, _, true): wasThere = false
            case .open, .parked: (wasThere, book[key]) = (true, nil)
            case .parking(let tokens, false):
                (wasThere, book[key]) = (true, .parking(tokensMax: tokens, isClosed: true))
            case .resuming(let parked, let tokens, false):
                (wasThere, book[key]) = (true, .resuming(parked, tokensMax: tokens, isClosed: true))
            }
            if store.close(key) != wasThere { trouble = "close of a session that was\(wasThere ? "" : " not") there" }
        }

        mutating func beginParking(_ key: SessionKey) {
            let error = book[key] == nil ? .unknownSession(key.id) : book[key]?.error(key.id)
            let begun = call("park", expecting: error) { store throws(AttentionError) in try store.beginParking(key) }
            guard begun != nil, case .open(let tokens) = book[key] else { return }
            book[key] = .parking(tokensMax: tokens, isClosed: false)
        }

        mutating func beginResuming(_ key: SessionKey, _ tokens: Int) {
            var error: AttentionError? = .unknownSession(key.id)
            if let place = book[key] { error = place.error(key.id) ?? .notParked(key.id) }
            var after = tokens
            if case .parked(let parked) = book[key] {
                after = tokens == 0 ? parked.tokensMax : tokens
                error = memoryError(bytes(after))
            }
            let begun = call("resume", expecting: error) { store throws(AttentionError) in
                try store.beginResuming(key, tokensMax: tokens)
            }
            guard let begun, case .parked(let parked) = book[key] else { return }
            book[key] = .resuming(parked, tokensMax: after, isClosed: false)
            if begun.tokensMax != after { trouble = "resume says \(begun.tokensMax) positions" }
        }

        /// Ends a move, well or badly.
        mutating func finish(_ key: SessionKey) throws {
            let session: Session, tokens: Int, isClosed: Bool, parked: ParkedSession
            switch book[key] {
            case .parking(let count, let closed):
                (session, tokens, isClosed) = (Session(config, tokensMax: count), count, closed)
                parked = try ParkedSession(session, to: ParkingFile(in: "/tmp"))
            case .resuming(let file, let count, let closed):
                (session, tokens, isClosed, parked) = (Session(config, tokensMax: count), count, closed, file)
            default: return
            }
            let end = Int.random(in: 0 ..< 3, using: &random)
            let entry: SessionStore.Entry? = [.open(session), .parked(parked), nil][end]
            let error = isClosed ? AttentionError.unknownSession(key.id) : nil
            _ = call("the end of a move", expecting: error) { store throws(AttentionError) in
                try store.finishMove(of: key, as: entry)
            }
            book[key] = isClosed ? nil : [.open(tokensMax: tokens), .parked(parked), nil][end]
        }

        mutating func step() throws {
            let key = SessionKey(router: .random(in: 1 ... 2, using: &random), id: .random(in: 1 ... 3, using: &random))
            let tokens = Int.random(in: 1 ... 700, using: &random)
            switch Int.random(in: 0 ..< 12, using: &random) {
            case 0 ... 2: open(key, tokens)
            case 3 ... 4: grow(key, tokens)
            case 5: close(key)
            case 6: beginParking(key)
            case 7: beginResuming(key, Bool.random(using: &random) ? 0 : tokens)
            case 8 where Int.random(in: 0 ..< 8, using: &random) == 0: closeAll(of: key.router)
            default: try finish(key)
            }
            check(key)
        }

        mutating func closeAll(of router: UInt64) {
            let mine = book.keys.filter { $0.router == router }
            let expected = mine.count { key in
                switch book[key] {
                case nil, .parking(_, true), .resuming(_, _, true): false
                default: true
                }
            }
            var other = store
            if other.closeAll(of: router) != expected { trouble = "closing all did not close \(expected)" }
            for key in mine { close(key) }
            if other.reservedBytes != store.reservedBytes { trouble = "closing all is not closing each" }
        }

        /// What the store says of itself is what the book says.
        mutating func check(_ key: SessionKey) {
            let found = store.reservedBytes
            if found != reserved { trouble = "\(found) bytes reserved, expected \(reserved)" }
            if reserved > budget { trouble = "more reserved than there is" }
            let others = book.reduce(0) { $0 + ($1.key.router == key.router ? 0 : bytes($1.value.reserved)) }
            if store.bytes(ofOthersThan: key.router) != others { trouble = "wrong bytes of other routers" }
            let inMemory = book.values.count { $0.reserved != nil }
            if store.count != inMemory { trouble = "\(store.count) sessions in memory, expected \(inMemory)" }
            if store.parked.count != book.count - inMemory { trouble = "\(store.parked.count) sessions parked" }
            let error = book[key] == nil ? .unknownSession(key.id) : book[key]?.error(key.id)
            _ = call("a look", expecting: error) { store throws(AttentionError) in try store.session(key) }
        }
    }

    @Test("the store's bytes, counts and errors are the book's, whatever is called in what order", arguments: seeds)
    func book(seed: UInt64) throws {
        var world = World(seed: seed)
        for step in 0 ..< 300 {
            try world.step()
            if let trouble = world.trouble {
                Issue.record("seed \(seed), step \(step): \(trouble)")
                return
            }
        }
        for key in Array(world.book.keys) {
            world.close(key)
            try world.finish(key)
        }
        #expect(world.store.reservedBytes == 0 && world.store.count == 0 && world.store.parked.isEmpty)
    }

    @Test(
        "no session comes to hold more than what is reserved for it",
        arguments: [
            "mixed-original", "all-lightning", "all-softmax-fused",
        ])
    func reservation(name: String) throws {
        let config = try Fixture.files(name).config
        for length in [1, 63, 64, 65, 128, 129, 1000] {
            let session = Session(config, tokensMax: length, lengths: config.layers.map { _ in length })
            let used = session.layers.reduce(0) { $0 + $1.usedMemory.reduce(0) { $0 + $1.count } }
            #expect(session.reservedBytes == config.sessionBytes(tokensMax: length))
            #expect(used <= session.reservedBytes, "\(length) positions")
            #expect(session.layers.allSatisfy { $0.length == length })
        }
    }

    @Test("a session that is resumed for fewer positions than it has seen reaches those it has seen")
    func resumedShorter() throws {
        let session = Session(Self.config, tokensMax: 100, lengths: [70, 70, 70])
        let parked = try ParkedSession(session, to: ParkingFile(in: "/tmp"))
        var store = SessionStore(Self.config, budgetBytes: 1 << 30)
        _ = try store.open(1, tokensMax: 100)
        _ = try store.beginParking(1)
        try store.finishMove(of: 1, as: .parked(parked))
        let resumed = try store.beginResuming(1, tokensMax: 5)
        #expect(resumed.tokensMax == 70)
        #expect(store.reservedBytes == Self.config.sessionBytes(tokensMax: 70))
    }
}

@Suite("Random silences of routers") struct RouterLeaseRandomTests {
    @Test("a lease ends once, after a silence longer than it, and begins anew with the next call", arguments: seeds)
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
}
