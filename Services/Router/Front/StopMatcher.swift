/// The stop strings of a request, made ready for the search once and shared by all of its choices.
struct StopPatterns: Sendable {
    /// One stop string as a Knuth-Morris-Pratt automaton: constant work a byte, whatever came before.
    fileprivate struct Pattern: Sendable {
        let bytes: [UInt8]
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

        /// How many of its bytes the text still ends with when the whole was found and does not count.
        var overlap: Int { shorter[bytes.count] }

        /// How many of its bytes the text ends with after `byte`.
        /// - Parameter matched: how many it ended with before; not all.
        func advanced(_ matched: Int, by byte: UInt8) -> Int {
            var matched = matched
            while matched > 0, bytes[matched] != byte { matched = shorter[matched] }
            return bytes[matched] == byte ? matched + 1 : matched
        }
    }
    fileprivate let patterns: [Pattern]

    init(_ stops: [String]) { patterns = stops.map { Pattern(Array($0.utf8)) } }
}

/// Finds stop strings in a text that comes in pieces. Holds back only what may still become one, so a client never sees
/// the beginning of a stop string, and sees everything else at once.
///
/// The first stop string to be complete ends the text; of several that end at the same byte, the one that began first.
/// So the outcome depends on the text alone, not on how it was cut into pieces.
struct StopMatcher: Sendable {
    private let patterns: [StopPatterns.Pattern]
    /// The stop string that ends a text belongs to it.
    private let includesStop: Bool
    /// For each pattern, how many of its bytes the text ends with.
    private var matched: [Int]
    /// Text that may be the beginning of a stop string, in UTF-8.
    private var held: [UInt8] = []
    /// The stop string that ended the text.
    private(set) var met: String?
    var isStopped: Bool { met != nil }

    init(_ stops: StopPatterns, includesStop: Bool = false) {
        patterns = stops.patterns
        self.includesStop = includesStop
        matched = Array(repeating: 0, count: patterns.count)
    }

    /// Takes the next piece; returns what is now certain to belong to the text. Nothing after a stop string does.
    /// - Parameter mayEnd: whether a stop string that is complete in this piece counts.
    mutating func append(_ text: String, mayEnd: Bool = true) -> String {
        guard !isStopped else { return "" }
        guard !patterns.isEmpty else { return text }
        for byte in text.utf8 {
            held.append(byte)
            var completed = 0
            for index in patterns.indices {
                matched[index] = patterns[index].advanced(matched[index], by: byte)
                if matched[index] == patterns[index].bytes.count { completed = max(completed, matched[index]) }
            }
            guard completed > 0 else { continue }
            guard mayEnd else {
                for index in patterns.indices where matched[index] == patterns[index].bytes.count {
                    matched[index] = patterns[index].overlap
                }
                continue
            }
            met = String(decoding: held.suffix(completed), as: UTF8.self)
            if !includesStop { held.removeLast(completed) }
            return release(keeping: 0)
        }
        return release(keeping: matched.reduce(0, max))
    }

    /// How many Unicode scalars are held back.
    var heldScalars: Int { held.count { $0 & 0xC0 != 0x80 } }

    /// The text ended: what was held back was no stop string.
    mutating func finish() -> String { isStopped ? "" : release(keeping: 0) }

    /// The text is interrupted by something else: what was held back was no stop string, and a new text begins.
    mutating func cut() -> String {
        matched = matched.map { _ in 0 }
        return finish()
    }

    /// Stop strings begin and end between characters, so a cut before one never splits a character.
    private mutating func release(keeping count: Int) -> String {
        let text = String(decoding: held.dropLast(count), as: UTF8.self)
        held.removeFirst(held.count - count)
        return text
    }
}
