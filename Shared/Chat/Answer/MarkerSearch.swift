/// Looks for the beginnings and ends of an answer's parts where they are texts.
struct MarkerSearch: Sendable {
    /// What a marker says.
    enum Meaning: Sendable { case reasoningBegins, reasoningEnds, callsBegin, callsEnd, fenceOpens }
    enum Step: Sendable {
        /// No marker goes on, or begins, with the byte.
        case none
        case partial
        case found(Meaning)
    }
    private struct Candidate: Sendable {
        let meaning: Meaning
        var match: TextMatch
    }
    private var candidates: [Candidate] = []
    /// Those that the text ends with the beginning of.
    private var alive: [Candidate] = []

    /// Whether a marker was begun, or some marker begins with `byte`.
    func concerns(_ byte: UInt8) -> Bool { isInMarker || candidates.contains { $0.match.next == byte } }

    var isInMarker: Bool { !alive.isEmpty }

    mutating func add(_ text: String, _ meaning: Meaning) {
        candidates.append(Candidate(meaning: meaning, match: TextMatch(text)))
    }

    /// - Parameter mayBegin: which markers may begin at this byte.
    mutating func append(_ byte: UInt8, mayBegin: (Meaning) -> Bool) -> Step {
        var next: [Candidate] = []
        for var candidate in isInMarker ? alive : candidates where isInMarker || mayBegin(candidate.meaning) {
            guard candidate.match.take(byte) else { continue }
            if candidate.match.isComplete {
                alive = []
                return .found(candidate.meaning)
            }
            next.append(candidate)
        }
        alive = next
        return next.isEmpty ? .none : .partial
    }

    /// The text ends, or something else begins, within a marker.
    mutating func stop() { alive = [] }
}
