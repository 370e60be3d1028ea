/// One pre-tokenizer step: cuts pieces of text where a pattern matches.
///
/// - Source: the meaning of each behavior is that of huggingface/tokenizers `SplitDelimiterBehavior`.
struct WordSplit: Sendable {
    enum Behavior: String, CaseIterable {
        case isolated = "Isolated"        // each match is a piece, each gap too
        case removed = "Removed"        // only gaps are pieces
        case mergedWithPrevious = "MergedWithPrevious"        // a match ends the piece before it
        case mergedWithNext = "MergedWithNext"        // a match begins the piece after it
        case contiguous = "Contiguous"        // matches that touch are one piece
    }
    private typealias Cut = (range: Range<Int>, isMatch: Bool)

    let program: PatternProgram
    let behavior: Behavior
    /// Gaps count as matches and matches as gaps.
    let isInverted: Bool

    /// Cuts each of `pieces` of `text`; no piece of the result is empty.
    func split(
        _ text: Span<UInt8>, _ pieces: [Range<Int>], _ work: inout EncodingWork
    ) throws(EncodingError) -> [Range<Int>] {
        var matcher = PatternProgram.Matcher(program)
        var result: [Range<Int>] = []
        result.reserveCapacity(pieces.count)
        var cuts: [Cut] = []
        for piece in pieces {
            if behavior == .isolated {
                try forEachCut(of: piece, in: text, &matcher, &work) { range, _ in
                    if !range.isEmpty { result.append(range) }
                }
            } else {
                cuts.removeAll(keepingCapacity: true)
                try forEachCut(of: piece, in: text, &matcher, &work) { range, isMatch in
                    cuts.append((range, isMatch != isInverted))
                }
                result.append(contentsOf: arranged(cuts).filter { !$0.isEmpty })
            }
        }
        return result
    }

    /// Visits matches and the gaps between them, in order; matches may be empty.
    @inline(__always) private func forEachCut(
        of piece: Range<Int>, in text: Span<UInt8>, _ matcher: inout PatternProgram.Matcher, _ work: inout EncodingWork,
        _ body: (Range<Int>, Bool) -> Void
    ) throws(EncodingError) {
        var done = piece.lowerBound        // everything before was visited
        var position = done        // where the next search starts
        var lastEnd: Int?        // of the last match
        while position <= piece.upperBound,
            let match = try matcher.firstMatch(in: text, from: position, to: piece.upperBound, &work)
        {
            if match.isEmpty, match.upperBound == lastEnd {
                // An empty match right behind a match does not count; search on behind the next scalar.
                guard position < piece.upperBound else { break }
                position += UTF8Text.decode(text, at: position).width
                continue
            }
            if done < match.lowerBound { body(done ..< match.lowerBound, false) }
            body(match, true)
            done = match.upperBound
            position = done
            lastEnd = done
        }
        if done < piece.upperBound { body(done ..< piece.upperBound, false) }
    }

    private func arranged(_ cuts: [Cut]) -> [Range<Int>] {
        switch behavior {
        case .isolated: return cuts.map(\.range)
        case .removed: return cuts.filter { !$0.isMatch }.map(\.range)
        case .contiguous: return joined(cuts) { $0 == $1 }
        case .mergedWithPrevious: return joined(cuts) { previous, current in current && !previous }
        case .mergedWithNext:
            // The same from the other end; ranges are joined by their union, so order does not matter to `joined`.
            return joined(cuts.reversed()) { previous, current in current && !previous }.reversed()
        }
    }

    /// Joins each cut with the one visited before where `joins(wasMatch, isMatch)` says so; nothing before counts as a
    /// gap.
    private func joined(_ cuts: [Cut], _ joins: (Bool, Bool) -> Bool) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var wasMatch = false
        for (range, isMatch) in cuts {
            if joins(wasMatch, isMatch), let last = result.last {
                result[result.count - 1] =
                    min(last.lowerBound, range.lowerBound) ..< max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
            wasMatch = isMatch
        }
        return result
    }
}
