/// A parsed pattern.
indirect enum PatternNode: Equatable {
    enum Mode { case greedy, lazy, possessive }

    case set(ScalarSet)        // one scalar of the set
    case sequence([PatternNode])
    case alternatives([PatternNode])        // the first that leads to a match
    case repeated(PatternNode, min: Int, max: Int, Mode)        // `max` is Int.max where there is no limit
    case ahead(PatternNode, isNegated: Bool)        // looks, consumes nothing
    case atomic(PatternNode)        // its first match is final

    var canBeEmpty: Bool {
        switch self {
        case .set: false
        case .sequence(let parts): parts.allSatisfy(\.canBeEmpty)
        case .alternatives(let choices): choices.contains(where: \.canBeEmpty)
        case .repeated(let body, let min, _, _): min == 0 || body.canBeEmpty
        case .ahead: true
        case .atomic(let body): body.canBeEmpty
        }
    }

    /// A set outside which no match starts; nil if the node can match nothing at all, so that any scalar may follow.
    var firstScalars: ScalarSet? { canBeEmpty ? nil : startScalars }

    /// Where a match that is not empty may start. Each node is asked once for each group around it, whatever the
    /// pattern.
    private var startScalars: ScalarSet {
        switch self {
        case .set(let set): return set
        case .sequence(let parts):
            var union = ScalarSet.none
            for part in parts {
                union = union.union(part.startScalars)
                guard part.canBeEmpty else { break }
            }
            return union
        case .alternatives(let choices): return choices.reduce(.none) { $0.union($1.startScalars) }
        case .repeated(let body, _, _, _): return body.startScalars
        case .ahead: return .none        // consumes nothing; only narrows what follows
        case .atomic(let body): return body.startScalars
        }
    }
}

/// Why a pattern cannot be used.
struct PatternError: Error, Equatable {
    let expected: String
    let found: String
}
