/// A prompt whose parts remember where they come from.
///
/// Control tokens such as `<end_of_sentence>` structure a conversation, so only the chat template may write them. What
/// came from a client is text, whatever it spells: encoding never makes a special token of it.
///
/// A string literal is template text, and what is put into it is content: `"<beginning_of_sentence>user\n\(message)"`.
package struct PromptText: Sendable, Equatable {
    package enum Origin: Sendable { case template, content }

    package struct Piece: Sendable, Equatable {
        package var text: String
        package let origin: Origin
    }
    /// In order; none is empty, and neighbours differ in their origin.
    package private(set) var pieces: [Piece] = []

    package init() {}

    package init(template text: String) { append(text, from: .template) }

    package init(content text: String) { append(text, from: .content) }

    /// The text alone.
    package var text: String { pieces.reduce(into: "") { $0 += $1.text } }

    /// In UTF-8.
    package var byteCount: Int { pieces.reduce(0) { $0 + $1.text.utf8.count } }

    var utf8: [UInt8] { pieces.reduce(into: []) { $0 += $1.text.utf8 } }

    package var isEmpty: Bool { pieces.isEmpty }

    /// The same text as if the template had written all of it: special tokens count wherever they are spelled.
    package var trusted: PromptText { PromptText(template: text) }

    package mutating func append(_ text: String, from origin: Origin) {
        guard !text.isEmpty else { return }
        if let last = pieces.last, last.origin == origin {
            pieces[pieces.count - 1].text += text
        } else {
            pieces.append(Piece(text: text, origin: origin))
        }
    }

    package static func += (left: inout PromptText, right: PromptText) {
        for piece in right.pieces { left.append(piece.text, from: piece.origin) }
    }

    package static func + (left: PromptText, right: PromptText) -> PromptText {
        var sum = left
        sum += right
        return sum
    }
}

extension PromptText: ExpressibleByStringInterpolation {
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var prompt = PromptText()

        package init(literalCapacity: Int, interpolationCount: Int) {}

        package mutating func appendLiteral(_ literal: String) { prompt.append(literal, from: .template) }

        package mutating func appendInterpolation(_ content: String) { prompt.append(content, from: .content) }

        package mutating func appendInterpolation(_ part: PromptText) { prompt += part }
    }

    package init(stringLiteral value: String) { self.init(template: value) }

    package init(stringInterpolation: StringInterpolation) { self = stringInterpolation.prompt }
}
