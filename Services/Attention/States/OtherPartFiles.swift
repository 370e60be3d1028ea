internal import Checkpoint
internal import Messages

/// Kept states on disk that are of other parts of attention than the service computes now. They are of use again when
/// it computes their part, and until then the first to go.
struct OtherPartFiles {
    private var entries: [AttentionPart: [StateID: KeptEntry]] = [:]

    /// Of all files.
    private(set) var byteCount = 0

    /// - Parameter states: that have a file; of what else is said of them, nothing about memory and calls counts.
    mutating func add(_ states: [KeptEntry], of part: AttentionPart) {
        for var state in states {
            forget(state.id)
            state.rest()
            entries[part, default: [:]][state.id] = state
            byteCount += state.diskBytes
        }
    }

    /// Takes out the states of a part, which the service computes from now on.
    mutating func take(_ part: AttentionPart) -> [KeptEntry] {
        let states = entries.removeValue(forKey: part) ?? [:]
        byteCount -= states.values.reduce(0) { $0 + $1.diskBytes }
        return Array(states.values)
    }

    /// The file of this name is another one's now, or gone.
    mutating func forget(_ id: StateID) {
        for part in entries.keys {
            guard let state = entries[part]?.removeValue(forKey: id) else { continue }
            byteCount -= state.diskBytes
        }
    }

    /// Whose states they are.
    var owners: Set<String> { Set(entries.values.lazy.flatMap(\.values).map(\.about.owner)) }

    /// Takes out all states of some owners.
    mutating func remove(of owners: Set<String>) -> [KeptEntry] {
        let states = entries.values.flatMap { $0.values.filter { owners.contains($0.about.owner) } }
        for state in states { forget(state.id) }
        return states
    }

    /// Takes out the state whose file goes next to make room; nil where there is none.
    mutating func removeLeastValuable(at now: Duration) -> KeptEntry? {
        let states = entries.values.lazy.flatMap(\.values)
        let least = states.min {
            ($0.value(bytes: max(1, $0.diskBytes), at: now), $0.id)
                < ($1.value(bytes: max(1, $1.diskBytes), at: now), $1.id)
        }
        if let least { forget(least.id) }
        return least
    }
}
