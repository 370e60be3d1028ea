/// Finds stop strings in a text that comes in pieces. Holds back only what may still become one, so a client never sees the
/// beginning of a stop string, and sees everything else at once.
///
/// The first stop string to be complete ends the text; of several that end at the same byte, the one that began first.
/// So the outcome depends on the text alone, not on how it was cut into pieces.
struct StopMatcher: Sendable {
    private var patterns: [Pattern]
    /// Text that may be the beginning of a stop string, in UTF-8.
    private var held: [UInt8] = []
    private(set) var isStopped = false

    init(_ stops: [String]) { patterns = stops.map { Pattern(Array($0.utf8)) } }

    /// Takes the next piece; returns what is now certain to belong to the text. Nothing after a stop string does.
    mutating func append(_ text: String) -> String {
        guard !isStopped else { return "" }
        guard !patterns.isEmpty else { return text }
        for byte in text.utf8 {
            held.append(byte)
            var completed = 0
            for index in patterns.indices where patterns[index].advance(byte) { completed = max(completed, patterns[index].bytes.count) }
            if completed > 0 {
                held.removeLast(completed)
                isStopped = true
                return release(keeping: 0)
            }
        }
        return release(keeping: patterns.reduce(0) { max($0, $1.matched) })
    }

    /// The text ended: what was held back was no stop string.
    mutating func finish() -> String { isStopped ? "" : release(keeping: 0) }

    /// Stop strings begin and end between characters, so a cut before one never splits a character.
    private mutating func release(keeping count: Int) -> String {
        let text = String(decoding: held.dropLast(count), as: UTF8.self)
        held.removeFirst(held.count - count)
        return text
    }

    /// One stop string as a Knuth-Morris-Pratt automaton: constant work a byte, whatever came before.
    private struct Pattern: Sendable {
        let bytes: [UInt8]
        /// How many of its bytes the text ends with.
        private(set) var matched = 0
        /// For each matched count, the next shorter prefix that the text also ends with.
        private let shorter: [Int]

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            var shorter = [Int](repeating: 0, count: bytes.count + 1)
            var length = 0
            for end in bytes.indices.dropFirst() {
                while length > 0, bytes[end] != bytes[length] { length = shorter[length] }
                if bytes[end] == bytes[length] { length += 1 }
                shorter[end + 1] = length
            }
            self.shorter = shorter
        }

        /// Takes one byte; true when the stop string is complete.
        mutating func advance(_ byte: UInt8) -> Bool {
            while matched > 0, bytes[matched] != byte { matched = shorter[matched] }
            if bytes[matched] == byte { matched += 1 }
            return matched == bytes.count
        }
    }
}
