/// A prompt whose parts remember where they come from.
///
/// Control tokens such as `<end_of_sentence>` structure a conversation, so only the chat template may write them. What
/// came from a client is text, whatever it spells: encoding never makes a special token of it.
///
/// A string literal is template text, and what is put into it is content: `"<beginning_of_sentence>user\n\(message)"`.
package struct PromptText: Sendable, Equatable {
    /// Who wrote a text: the chat template, whose special tokens count, or a client, in whose text none does.
    package enum Origin: Sendable { case template, content }

    /// A stretch of the prompt that has one origin.
    package struct Piece: Sendable, Equatable {
        /// What the piece says; never empty within a prompt.
        package var text: String
        /// Decides whether special tokens count in `text`.
        package let origin: Origin
    }
    /// In order; none is empty, and neighbours differ in their origin.
    package private(set) var pieces: [Piece] = []
    /// Places that are looked for among the tokens (see `BytePairTokenizer.encodeWithBorders`): how many bytes of UTF-8
    /// stand before each, in the order in which they were marked.
    package private(set) var borders: [Int] = []

    /// Makes an empty prompt.
    package init() {}

    /// Makes a prompt in which special tokens count wherever `text` spells them.
    package init(template text: String) { append(text, from: .template) }

    /// Makes a prompt in which no special tokens count, whatever `text` spells.
    package init(content text: String) { append(text, from: .content) }

    /// The text alone.
    package var text: String { pieces.reduce(into: "") { $0 += $1.text } }

    /// In UTF-8.
    package var byteCount: Int { pieces.reduce(0) { $0 + $1.text.utf8.count } }

    var utf8: [UInt8] { pieces.reduce(into: []) { $0 += $1.text.utf8 } }

    /// Whether there is no text of either origin.
    package var isEmpty: Bool { pieces.isEmpty }

    /// The same text as if the template had written all of it: special tokens count wherever they are spelled.
    package var trusted: PromptText {
        var prompt = PromptText(template: text)
        prompt.borders = borders
        return prompt
    }

    /// Marks the end of what is written so far as a border.
    package mutating func markBorder() { borders.append(byteCount) }

    /// The same text with these borders instead of its own.
    ///
    /// - Parameter borders: how many bytes of UTF-8 stand before each, in ascending order.
    package func withBorders(_ borders: [Int]) -> PromptText {
        var result = self
        result.borders = borders
        return result
    }

    /// Adds text at the end, to the last piece if that has the same origin.
    package mutating func append(_ text: String, from origin: Origin) {
        guard !text.isEmpty else { return }
        if let last = pieces.last, last.origin == origin {
            pieces[pieces.count - 1].text += text
        } else {
            pieces.append(Piece(text: text, origin: origin))
        }
    }

    /// Adds the pieces of `right` at the end, each with its own origin, and its borders.
    package static func += (left: inout PromptText, right: PromptText) {
        if !right.borders.isEmpty {
            let start = left.byteCount
            left.borders += right.borders.map { start + $0 }
        }
        for piece in right.pieces { left.append(piece.text, from: piece.origin) }
    }

    /// The pieces and borders of `left`, then those of `right`; each piece keeps its origin.
    package static func + (left: PromptText, right: PromptText) -> PromptText {
        var sum = left
        sum += right
        return sum
    }
}

extension PromptText: ExpressibleByStringInterpolation {
    /// Collects the parts of a literal: what the code spells is template text, a string put in is content.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var prompt = PromptText()

        /// Begins with an empty prompt; the two numbers are not needed.
        package init(literalCapacity: Int, interpolationCount: Int) {}

        /// Adds what the code spells, as template text.
        package mutating func appendLiteral(_ literal: String) { prompt.append(literal, from: .template) }

        /// Adds a string that was put into the literal, as content.
        package mutating func appendInterpolation(_ content: String) { prompt.append(content, from: .content) }

        /// Adds a prompt that was put into the literal; its pieces keep their origins.
        package mutating func appendInterpolation(_ part: PromptText) { prompt += part }
    }

    /// A literal without interpolation is template text.
    package init(stringLiteral value: String) { self.init(template: value) }

    /// A literal with interpolation is the prompt that was collected from it.
    package init(stringInterpolation: StringInterpolation) { self = stringInterpolation.prompt }
}
