internal import Algorithms

/// Which parts of a text the chat template wrote; the rest is content.
struct TextOrigins: Equatable {
    struct Span: Equatable {
        let end: Int        // in bytes
        let origin: PromptText.Origin
    }
    /// In order, from the text's beginning to its end; none is empty, and neighbours differ in their origin.
    private(set) var spans: [Span] = []

    /// Of the joined pieces of `prompt`.
    init(_ prompt: PromptText) {
        for piece in prompt.pieces { append(piece.text.utf8.count, piece.origin) }
    }

    private init() {}

    /// How long the text is, in bytes.
    var count: Int { spans.last?.end ?? 0 }

    mutating func append(_ count: Int, _ origin: PromptText.Origin) {
        guard count > 0 else { return }
        let end = self.count + count
        if spans.last?.origin == origin { spans.removeLast() }
        spans.append(Span(end: end, origin: origin))
    }

    /// Those of `range` of the text, counted from its start.
    subscript(range: Range<Int>) -> TextOrigins {
        var result = TextOrigins()
        let first = spans.partitioningIndex { $0.end > range.lowerBound }
        for span in spans[first...] {
            guard result.count < range.count else { break }
            result.append(min(span.end, range.upperBound) - range.lowerBound - result.count, span.origin)
        }
        return result
    }
}

extension TextOrigins {
    /// Puts `text` into form C; returns it with the origins of its parts.
    ///
    /// Form C may join characters across a border, and what both sides made is content. So template text gives up what
    /// could take part: a border is moved into it until a scalar below U+0300 follows, which joins with nothing before
    /// it.
    func normalizing(_ text: [UInt8]) -> (text: [UInt8], origins: TextOrigins) {
        var result: [UInt8] = []
        var origins = TextOrigins()
        var start = 0
        for span in movingBorders(in: text).spans {
            let normal = Normalization.nfc(Array(text[start ..< span.end]))
            result += normal
            origins.append(normal.count, span.origin)
            start = span.end
        }
        return (result, origins)
    }

    private func movingBorders(in text: [UInt8]) -> TextOrigins {
        var result = TextOrigins()
        var start = 0
        for span in spans {
            let kept = span.origin == .template ? Self.certain(start ..< span.end, of: text) : span.end ..< span.end
            result.append(kept.lowerBound - start, .content)
            result.append(kept.count, .template)
            result.append(span.end - kept.upperBound, .content)
            start = span.end
        }
        return result
    }

    /// What of a template's `span` no content before or behind it can change.
    private static func certain(_ span: Range<Int>, of text: [UInt8]) -> Range<Int> {
        var (first, last) = (span.lowerBound, span.upperBound)
        while first > 0, first < last, !joinsNothing(text[first]) {
            first += UTF8Text.decode(text.span, at: first).width
        }
        while last > first, last < text.count, !joinsNothing(text[last]) {
            last = UTF8Text.start(before: last, in: text.span)
        }
        return first ..< last
    }

    /// Whether a scalar that begins with this byte is below U+0300.
    private static func joinsNothing(_ byte: UInt8) -> Bool { byte < 0xCC }
}
