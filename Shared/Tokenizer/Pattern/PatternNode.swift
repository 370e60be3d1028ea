/// A parsed pattern.
indirect enum PatternNode: Equatable {
    enum Mode { case greedy, lazy, possessive }

    case set(ScalarSet)                                             // one scalar of the set
    case sequence([PatternNode])
    case alternatives([PatternNode])                                // the first that leads to a match
    case repeated(PatternNode, min: Int, max: Int, Mode)            // `max` is Int.max where there is no limit
    case ahead(PatternNode, isNegated: Bool)                        // looks, consumes nothing
    case atomic(PatternNode)                                        // its first match is final

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
    var firstScalars: ScalarSet? {
        switch self {
        case .set(let set): return set
        case .sequence(let parts):
            var union = ScalarSet.none
            for part in parts {
                if case .ahead = part { continue }                  // only narrows what follows
                if let first = part.firstScalars { return union.union(first) }
                guard let optional = part.optionalFirstScalars else { return nil }
                union = union.union(optional)
            }
            return nil
        case .alternatives(let choices):
            var union = ScalarSet.none
            for choice in choices {
                guard let first = choice.firstScalars else { return nil }
                union = union.union(first)
            }
            return union
        case .repeated(let body, let min, _, _): return min == 0 ? nil : body.firstScalars
        case .ahead: return nil
        case .atomic(let body): return body.firstScalars
        }
    }

    /// Where a node may match nothing: the scalars it starts with when it does match something; nil if that is not simply known.
    private var optionalFirstScalars: ScalarSet? {
        if case .repeated(let body, _, _, _) = self { body.firstScalars } else { nil }
    }
}

/// Why a pattern cannot be used.
struct PatternError: Error, Equatable {
    let expected: String
    let found: String
}
