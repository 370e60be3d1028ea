internal import JSON

/// Reads arguments that stand in a JSON string, without its escapes, as they come. The first bytes of an escape are
/// held; one that is wrong stays as it is.
struct ArgumentsString: Sendable {
    /// Whether `byte` closes the string.
    mutating func append(_ byte: UInt8, to output: inout AnswerOutput) -> Bool {
        switch output.held.count {
        case 0:
            if byte == UInt8(ascii: "\"") { return true }
            if byte == UInt8(ascii: "\\") { output.hold(byte) } else { output.write(byte, as: .arguments) }
        case 1:
            output.hold(byte)
            if byte != UInt8(ascii: "u") { release(&output) }
        case 6: return appendBehindHighSurrogate(byte, &output)
        case 7 where byte != UInt8(ascii: "u"):
            output.dropLastHeld()
            release(&output)
            output.hold(UInt8(ascii: "\\"))
            return append(byte, to: &output)
        default:
            guard output.held.count == 7 || Character(Unicode.Scalar(byte)).isHexDigit else {
                release(&output)
                return append(byte, to: &output)
            }
            output.hold(byte)
            if output.held.count == 12 || (output.held.count == 6 && !isHighSurrogate(output.held)) {
                release(&output)
            }
        }
        return false
    }

    private mutating func appendBehindHighSurrogate(_ byte: UInt8, _ output: inout AnswerOutput) -> Bool {
        if byte == UInt8(ascii: "\\") {
            output.hold(byte)
            return false
        }
        release(&output)
        return append(byte, to: &output)
    }

    /// `\uD800` to `\uDBFF`, behind which the second half of a character is expected.
    private func isHighSurrogate(_ escape: [UInt8]) -> Bool {
        escape[2] | 0x20 == UInt8(ascii: "d") && "89abAB".utf8.contains(escape[3])
    }

    private func release(_ output: inout AnswerOutput) {
        let quote = UInt8(ascii: "\"")
        guard case .string(let text)? = try? JSONReader.read([quote] + output.held + [quote]) else {
            output.releaseHeld(as: .arguments)
            return
        }
        output.dropHeld()
        output.write(text.utf8, as: .arguments)
    }
}
