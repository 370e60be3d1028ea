/// The rest of a call whose arguments turned out to be no JSON.
///
/// It stays in the arguments as it is, up to what ends calls of this syntax: the bracket that closes a call, white
/// space and the end of the block.
struct MalformedArguments: Sendable {
    enum Step: Sendable {
        case inside
        /// The byte was the last one of the block.
        case ended
        /// The byte, which is not taken, begins the next call.
        case nextCall
    }
    /// The bracket behind the arguments.
    private let closing: UInt8
    /// Nil where the block ends with a token.
    private let blockEnd: String?
    private let endsAtLineBegin: Bool
    private var match: TextMatch
    private var isAtLineBegin = false

    /// The rest of `functions.NAME(…)`, in a fence.
    static let functionCall = MalformedArguments(closing: UInt8(ascii: ")"), blockEnd: "```", endsAtLineBegin: true)

    /// The rest of an object among objects, before `blockEnd`.
    static func toolCall(blockEnd: String?) -> MalformedArguments {
        MalformedArguments(closing: UInt8(ascii: "}"), blockEnd: blockEnd, endsAtLineBegin: false)
    }

    private init(closing: UInt8, blockEnd: String?, endsAtLineBegin: Bool) {
        self.closing = closing
        self.blockEnd = blockEnd
        self.endsAtLineBegin = endsAtLineBegin
        match = TextMatch(blockEnd ?? "")
    }

    mutating func append(_ byte: UInt8, to output: inout AnswerOutput) -> Step {
        if match.count > 0 || isAtLineBegin || !endsAtLineBegin {
            if match.take(byte) {
                output.hold(byte)
                return match.isComplete ? .ended : .inside
            }
            if match.count > 0 { release(&output) }
        }
        if isAtLineBegin, !endsAtLineBegin, byte == UInt8(ascii: "{") { return .nextCall }
        if byte == closing {
            release(&output)
            output.hold(byte)
        } else if byte.isSpace {
            output.hold(byte)
            isAtLineBegin = byte.isNewline || (endsAtLineBegin && isAtLineBegin)        // a fence may be indented
        } else {
            release(&output)
            output.write(byte, as: .arguments)
        }
        return .inside
    }

    /// What was held was no end.
    private mutating func release(_ output: inout AnswerOutput) {
        output.releaseHeld(as: .arguments)
        match = TextMatch(blockEnd ?? "")
        isAtLineBegin = false
    }
}
