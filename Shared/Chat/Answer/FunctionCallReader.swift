/// What a byte was to the reader of a block of calls.
enum CallStep: Sendable {
    /// It belongs to the block, and more is to come.
    case taken
    /// It was the last one of the block.
    case ended
    /// It does not belong to the block, and what is held does not either.
    case failed
}

/// Reads a block of calls in MiniMax-Text-01's way, from behind its marker:
///
///     ```typescript
///     functions.NAME(ARGUMENTS)
///     ```
struct FunctionCallReader: Sendable {
    private enum Phase: Sendable {
        /// In the line that opens the block.
        case fence(TextMatch), lineEnd
        /// In `functions.` and the name.
        case function(TextMatch), name
        /// Behind the opening bracket.
        case opening
        case arguments(JSONNesting), malformed(MalformedArguments)
        /// Behind the arguments, before the closing bracket.
        case closing
        /// Behind a call: another one, or the end of the block.
        case following, blockEnd(TextMatch)
    }
    private var phase: Phase
    private var name: [UInt8] = []

    /// - Parameter isFenceOpen: the three backticks of the block have been read already.
    init(isFenceOpen: Bool) { phase = .fence(TextMatch("```typescript", matched: isFenceOpen ? 3 : 0)) }

    mutating func append(_ byte: UInt8, to output: inout AnswerOutput) -> CallStep {
        switch phase {
        case .fence(let match): return appendToFence(byte, match, &output)
        case .lineEnd:
            guard byte.isSpace else { return .failed }
            if byte == UInt8(ascii: "\n") { phase = .function(TextMatch("functions.")) }
        case .function(let match): return appendToFunction(byte, match, &output)
        case .name: return appendToName(byte, &output)
        case .opening: return open(byte, &output)
        case .arguments(let nesting): return appendToArguments(byte, nesting, &output)
        case .malformed(let rest): return appendToMalformed(byte, rest, &output)
        case .closing: return close(byte, &output)
        case .following: return follow(byte, &output)
        case .blockEnd(var match):
            guard match.take(byte) else { return .failed }
            if match.isComplete {
                output.dropHeld()
                return .ended
            }
            phase = .blockEnd(match)
        }
        output.hold(byte)
        return .taken
    }

    private mutating func appendToFence(
        _ byte: UInt8, _ match: TextMatch, _ output: inout AnswerOutput
    ) -> CallStep {
        var match = match
        guard match.takeBehindSpace(byte) else { return .failed }
        phase = match.isComplete ? .lineEnd : .fence(match)
        output.hold(byte)
        return .taken
    }

    private mutating func appendToFunction(
        _ byte: UInt8, _ match: TextMatch, _ output: inout AnswerOutput
    ) -> CallStep {
        var match = match
        guard match.takeBehindSpace(byte) else { return .failed }
        phase = .function(match)
        if match.isComplete {
            phase = .name
            name = []
        }
        output.hold(byte)
        return .taken
    }

    private mutating func appendToName(_ byte: UInt8, _ output: inout AnswerOutput) -> CallStep {
        if byte == UInt8(ascii: "("), !name.isEmpty {
            guard FunctionCall.isName(String(decoding: name, as: UTF8.self)) else { return .failed }
            phase = .opening
        } else {
            guard Self.isOfName(byte), name.count < FunctionCall.nameBytesMax else { return .failed }
            name.append(byte)
        }
        output.hold(byte)
        return .taken
    }

    /// Whether a name may have such a byte; which scalars it may have is decided when all of it is there.
    private static func isOfName(_ byte: UInt8) -> Bool {
        byte >= 0x80 || byte.isLetterOrDigit || FunctionCall.nameJoints.utf8.contains(byte)
    }

    private mutating func open(_ byte: UInt8, _ output: inout AnswerOutput) -> CallStep {
        switch byte {
        case UInt8(ascii: "{"):
            output.beginCall(String(decoding: name, as: UTF8.self))
            return appendToArguments(byte, JSONNesting(), &output)
        case UInt8(ascii: ")"):
            output.beginCall(String(decoding: name, as: UTF8.self))
            output.write("{}".utf8, as: .arguments)
            endCall(&output)
        default:
            guard byte.isSpace else { return .failed }
            output.hold(byte)
        }
        return .taken
    }

    private mutating func appendToArguments(
        _ byte: UInt8, _ nesting: JSONNesting, _ output: inout AnswerOutput
    ) -> CallStep {
        var nesting = nesting
        switch nesting.append(byte) {
        case .inside: phase = .arguments(nesting)
        case .ended: phase = .closing
        case .malformed: return appendToMalformed(byte, .functionCall, &output)
        }
        output.write(byte, as: .arguments)
        return .taken
    }

    private mutating func appendToMalformed(
        _ byte: UInt8, _ rest: MalformedArguments, _ output: inout AnswerOutput
    ) -> CallStep {
        var rest = rest
        let step = rest.append(byte, to: &output)
        phase = .malformed(rest)
        guard case .ended = step else { return .taken }
        endCall(&output)
        return .ended
    }

    private mutating func close(_ byte: UInt8, _ output: inout AnswerOutput) -> CallStep {
        if byte == UInt8(ascii: ")") {
            endCall(&output)
        } else if byte.isSpace {
            output.hold(byte)
        } else {
            output.releaseHeld(as: .arguments)
            return appendToMalformed(byte, .functionCall, &output)
        }
        return .taken
    }

    private mutating func endCall(_ output: inout AnswerOutput) {
        output.dropHeld()
        output.endCall()
        phase = .following
    }

    private mutating func follow(_ byte: UInt8, _ output: inout AnswerOutput) -> CallStep {
        if byte.isNewline, output.held.isEmpty { return .taken }
        switch byte {
        case UInt8(ascii: "`"):
            output.hold(byte)
            phase = .blockEnd(TextMatch("```", matched: 1))
            return .taken
        case UInt8(ascii: "f"): return appendToFunction(byte, TextMatch("functions."), &output)
        default:
            guard byte.isSpace || byte == UInt8(ascii: ";") else { return .failed }
            output.hold(byte)
            return .taken
        }
    }

    /// The answer is over, or another block begins.
    mutating func finish(_ output: inout AnswerOutput) {
        switch phase {
        case .following, .blockEnd: output.dropHeld()
        // What was held behind arguments are their closing bracket, white space, and the beginning of a fence.
        default: output.isInCall ? endCall(&output) : output.releaseHeld(as: .text)
        }
    }
}
