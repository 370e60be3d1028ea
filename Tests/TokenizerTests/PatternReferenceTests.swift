import TestSupport
import Testing

@testable import Tokenizer

/// The meaning of a pattern, written down as backtracking search: slow, recursive, without the program's shortcuts.
private struct Definition {
    let text: [UInt32]

    /// Whether `node` matches at `position` with an end that `next` is content with. Ends are offered in order of
    /// preference.
    func match(_ node: PatternNode, at position: Int, _ next: (Int) -> Bool) -> Bool {
        switch node {
        case .set(let set):
            return position < text.count && set.contains(text[position]) && next(position + 1)
        case .sequence(let parts):
            return match(parts[...], at: position, next)
        case .alternatives(let choices):
            return choices.contains { match($0, at: position, next) }
        case .repeated(let body, let min, let max, .possessive):
            return match(.atomic(.repeated(body, min: min, max: max, .greedy)), at: position, next)
        case .repeated(let body, let min, let max, let mode):
            func again() -> Bool {
                guard max > 0 else { return false }
                let fewer = max == .max ? max : max - 1
                let rest = PatternNode.repeated(body, min: Swift.max(0, min - 1), max: fewer, mode)
                return match(body, at: position) { match(rest, at: $0, next) }
            }
            if min > 0 { return again() }
            return mode == .lazy ? next(position) || again() : again() || next(position)
        case .ahead(let body, let isNegated):
            return match(body, at: position) { _ in true } != isNegated && next(position)
        case .atomic(let body):
            var end: Int?
            _ = match(body, at: position) { found in
                end = found
                return true
            }
            return end.map(next) ?? false
        }
    }

    private func match(_ parts: ArraySlice<PatternNode>, at position: Int, _ next: (Int) -> Bool) -> Bool {
        guard let first = parts.first else { return next(position) }
        return match(first, at: position) { match(parts.dropFirst(), at: $0, next) }
    }

    /// The first match at or behind `start`, in scalars.
    func firstMatch(of node: PatternNode, from start: Int) -> Range<Int>? {
        for first in start ... text.count {
            var end: Int?
            let isFound = match(node, at: first) { found in
                end = found
                return true
            }
            if isFound, let end { return first ..< end }
        }
        return nil
    }
}

@Suite("Random patterns") struct PatternReferenceTests {
    /// Scalars of one, two, three and four bytes: a run that gives one back must step over all of its bytes.
    private static let alphabet = Array("ab é漢😀\n".unicodeScalars)

    private static func set(_ random: inout SplitMix64) -> ScalarSet {
        let members = alphabet.shuffled(using: &random).prefix(Int.random(in: 1 ... 3, using: &random))
        let set = members.reduce(ScalarSet.none) { $0.union(ScalarSet($1)) }
        return Int.random(in: 0 ..< 8, using: &random) == 0 ? set.complement : set
    }

    private static func node(depth: Int, _ random: inout SplitMix64) -> PatternNode {
        func parts(_ counts: ClosedRange<Int>) -> [PatternNode] {
            (0 ..< Int.random(in: counts, using: &random)).map { _ in node(depth: depth - 1, &random) }
        }
        switch depth == 0 ? 0 : Int.random(in: 0 ..< 10, using: &random) {
        case 0 ... 1: return .set(set(&random))
        case 2 ... 4: return .sequence(parts(0 ... 3))
        case 5 ... 6: return .alternatives(parts(2 ... 3))
        case 7: return .ahead(node(depth: depth - 1, &random), isNegated: .random(using: &random))
        case 8: return .atomic(node(depth: depth - 1, &random))
        default:
            let body = node(depth: depth - 1, &random), min = Int.random(in: 0 ... 2, using: &random)
            // The parser refuses endless repetition of what may be empty.
            let isEndless = !body.canBeEmpty && Bool.random(using: &random)
            let max = isEndless ? .max : min + Int.random(in: 0 ... 2, using: &random)
            let mode = [PatternNode.Mode.greedy, .lazy, .possessive].randomElement(using: &random) ?? .greedy
            return .repeated(body, min: min, max: max, mode)
        }
    }

    @Test("every match in a random text is that of the definition", arguments: 0 ..< 40 as Range<UInt64>)
    func matches(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0 ..< 25 {
            let node = Self.node(depth: 3, &random)
            var matcher = PatternProgram.Matcher(try PatternProgram(node))
            for _ in 0 ..< 4 {
                let text = random.text(Self.alphabet, longest: 9)
                let scalars = Array(text.unicodeScalars), bytes = Array(text.utf8)
                let definition = Definition(text: scalars.map(\.value))
                let places = scalars.reduce(into: [0]) { $0.append($0[$0.count - 1] + UTF8.width($1)) }
                for start in 0 ... scalars.count {
                    var work = EncodingWork.unbounded
                    let found = try matcher.firstMatch(in: bytes.span, from: places[start], to: bytes.count, &work)
                    let expected = definition.firstMatch(of: node, from: start).map { match in
                        places[match.lowerBound] ..< places[match.upperBound]
                    }
                    guard found != expected else { continue }
                    let story = "seed \(seed): \(node) in \(text.debugDescription) from \(start)"
                    Issue.record("\(story): \(String(describing: found)), not \(String(describing: expected))")
                    return
                }
            }
        }
    }

    @Test("the end of a piece is the end of the text for a pattern, whatever stands behind it")
    func ends() throws {
        var random = SplitMix64(seed: 77)
        for _ in 0 ..< 300 {
            let node = Self.node(depth: 2, &random), text = random.text(Self.alphabet, longest: 6)
            var matcher = PatternProgram.Matcher(try PatternProgram(node))
            let piece = Array(text.utf8), longer = Array((text + "ab").utf8)
            var works = (EncodingWork.unbounded, EncodingWork.unbounded)
            let alone = try matcher.firstMatch(in: piece.span, from: 0, to: piece.count, &works.0)
            let inside = try matcher.firstMatch(in: longer.span, from: 0, to: piece.count, &works.1)
            #expect(alone == inside, "\(node) in \(text.debugDescription)")
        }
    }
}
