import Synchronization

/// What was seen in a story.
final class StoryLog: Sendable {
    struct Counts: Sendable {
        var acts = 0, answers = 0, orphans = 0
        var tokensReused = 0
        /// What attention has done with kept states.
        var moved = 0.0, evicted = 0.0, loaded = 0.0
    }
    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }

    func acted() { state.withLock { $0.acts += 1 } }
    func orphan() { state.withLock { $0.orphans += 1 } }

    /// - Throws: where the answer is not the expected one.
    func check(_ answer: GivenAnswer, _ expected: GivenAnswer, _ what: String) throws {
        if let difference = answer.difference(from: expected) { throw SupportError("\(what): \(difference)") }
        state.withLock {
            $0.answers += 1
            $0.tokensReused += answer.cached
        }
    }

    /// - Throws: where the part is not the beginning of the expected answer.
    func check(beginning part: GivenAnswer, _ expected: GivenAnswer, _ what: String) throws {
        if let difference = part.beginning(of: expected) { throw SupportError("\(what), a part: \(difference)") }
    }

    /// What a process has counted that is about to end.
    func add(_ cluster: RESTCluster) async {
        func metric(_ name: String) async -> Double {
            (try? await cluster.metric("minimax_attention_states_\(name)_total", of: "attention")) ?? 0
        }
        let (moved, evicted, loaded) = (await metric("moved_to_disk"), await metric("evicted"), await metric("loaded"))
        state.withLock {
            $0.moved += moved
            $0.evicted += evicted
            $0.loaded += loaded
        }
    }
}
