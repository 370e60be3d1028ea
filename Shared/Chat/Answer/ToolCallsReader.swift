internal import JSON

/// Reads a block of calls in MiniMax-M1's way, from behind its marker: one JSON object for each call, `{"name": …,
/// "arguments": {…}}` with its members in any order, and the marker that ends the block.
///
/// An object's bytes are held until both the name and the first bracket of the arguments are known; from there on the
/// arguments come out as they come. Arguments that stand before the name come out with it.
struct ToolCallsReader: Sendable {
    /// What a value within an object is for.
    private enum Role: Sendable { case key, name, arguments, other }
    private enum Phase: Sendable {
        /// Before an object or the end of the block.
        case between, blockEnd(TextMatch)
        /// Within an object: before a member, behind its name, behind its colon, within its value, behind that.
        case member, colon, value(Role)
        case string(JSONString, Role), nested(JSONNesting, Role), word(Role)
        case behindValue
        /// Within arguments that come out as they come: an object, or a string with an object in it.
        case arguments(JSONNesting), argumentsStringBegin, argumentsString(ArgumentsString)
        case malformed(MalformedArguments)
    }
    /// Nil where a token ends the block.
    private let endText: String?
    private var phase = Phase.between
    private var callsEnded = 0
    // Of the object that is being read:
    private var name: String?
    /// Arguments that came before the name.
    private var earlyArguments: [UInt8]?
    /// Where the value that is being read begins among the bytes held.
    private var valueBegin = 0

    /// - Parameter end: the marker behind the last object.
    init(end: AnswerSyntax.Marker) { endText = end.id == nil ? end.text : nil }

    /// Whether the block is one of calls, as far as it was read.
    func hasCalls(_ output: AnswerOutput) -> Bool { callsEnded > 0 || output.isInCall }

    mutating func append(_ byte: UInt8, to output: inout AnswerOutput) -> CallStep {
        switch phase {
        case .between, .blockEnd: return appendBetween(byte, &output)
        case .arguments(let nesting): return appendToArguments(byte, nesting, &output)
        case .argumentsStringBegin: return beginString(byte, &output)
        case .argumentsString(var string):
            let isClosed = string.append(byte, to: &output)
            phase = isClosed ? .behindValue : .argumentsString(string)
            return .taken
        case .malformed(let rest): return appendToMalformed(byte, rest, &output)
        default:
            if appendToObject(byte, &output) { return .taken }
            guard output.isInCall else { return .failed }
            output.releaseHeld(as: .arguments)
            return appendToMalformed(byte, .toolCall(blockEnd: endText), &output)
        }
    }

    private mutating func appendBetween(_ byte: UInt8, _ output: inout AnswerOutput) -> CallStep {
        if case .blockEnd(let match) = phase { return appendToEnd(byte, match, &output) }
        if byte == UInt8(ascii: "{") {
            beginObject(&output)
        } else if byte.isSpace {
            // Behind a call, newlines belong to nothing.
            if callsEnded == 0 || !output.held.isEmpty || !byte.isNewline { output.hold(byte) }
        } else {
            return endText.map { appendToEnd(byte, TextMatch($0), &output) } ?? .failed
        }
        return .taken
    }

    private mutating func appendToEnd(
        _ byte: UInt8, _ match: TextMatch, _ output: inout AnswerOutput
    ) -> CallStep {
        var match = match
        // A block without a call is none.
        guard callsEnded > 0, match.take(byte) else { return .failed }
        phase = .blockEnd(match)
        output.hold(byte)
        guard match.isComplete else { return .taken }
        output.dropHeld()
        return .ended
    }

    private mutating func beginObject(_ output: inout AnswerOutput) {
        output.hold(UInt8(ascii: "{"))
        phase = .member
        name = nil
        earlyArguments = nil
    }

    /// Whether the object can go on with `byte`, outside of arguments that come out as they come.
    private mutating func appendToObject(_ byte: UInt8, _ output: inout AnswerOutput) -> Bool {
        switch phase {
        case .string(var string, let role):
            if string.append(byte) { return endString(role, &output) }
            // Line breaks are tolerated within values that are only passed on.
            if byte.isNewline, role == .key || role == .name { return false }
            phase = .string(string, role)
        case .nested(var nesting, let role): return appendToNested(byte, &nesting, role, &output)
        case .value(let role) where !byte.isSpace: return beginValue(byte, role, &output)
        case .word(let role) where !byte.isSpace && byte != UInt8(ascii: ",") && byte != UInt8(ascii: "}"):
            guard byte.isLetterOrDigit || "+-.".utf8.contains(byte) else { return false }
            phase = .word(role)
        case .word(.arguments) where !output.held[valueBegin...].elementsEqual("null".utf8): return false
        case .word, .behindValue, .member, .colon:
            return byte.isSpace ? skipSpace(byte, &output) : appendBetweenValues(byte, &output)
        default: break
        }
        output.hold(byte)
        return true
    }

    private mutating func skipSpace(_ byte: UInt8, _ output: inout AnswerOutput) -> Bool {
        if case .word = phase { phase = .behindValue }
        output.hold(byte)
        return true
    }

    /// The punctuation of an object, and the quotes of its names.
    private mutating func appendBetweenValues(_ byte: UInt8, _ output: inout AnswerOutput) -> Bool {
        switch (phase, byte) {
        case (.member, UInt8(ascii: "\"")):
            valueBegin = output.held.count
            phase = .string(JSONString(), .key)
        case (.colon, UInt8(ascii: ":")): phase = .value(role(of: key(output), output))
        case (.word, UInt8(ascii: ",")), (.behindValue, UInt8(ascii: ",")): phase = .member
        case (.word, UInt8(ascii: "}")), (.behindValue, UInt8(ascii: "}")): return endObject(&output)
        default: return false
        }
        output.hold(byte)
        return true
    }

    /// The member's name, which stands at the end of what is held, perhaps before white space.
    private func key(_ output: AnswerOutput) -> String? { Self.string(output.held[valueBegin...]) }

    /// What a member's value is for; once the call has begun, no other member counts.
    private func role(of key: String?, _ output: AnswerOutput) -> Role {
        switch key {
        case "name" where !output.isInCall && name == nil: .name
        case "arguments" where !output.isInCall && earlyArguments == nil: .arguments
        default: .other
        }
    }

    private mutating func beginValue(_ byte: UInt8, _ role: Role, _ output: inout AnswerOutput) -> Bool {
        valueBegin = output.held.count
        switch byte {
        case UInt8(ascii: "\""):
            phase = role == .arguments && name != nil ? .argumentsStringBegin : .string(JSONString(), role)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard role == .other || (role == .arguments && byte == UInt8(ascii: "{")) else { return false }
            var nesting = JSONNesting()
            _ = nesting.append(byte)
            if role == .arguments, let name {
                output.beginCall(name)
                output.write(byte, as: .arguments)
                phase = .arguments(nesting)
                return true
            }
            phase = .nested(nesting, role)
        default:
            guard role != .name, byte.isLetterOrDigit || byte == UInt8(ascii: "-") else { return false }
            phase = .word(role)
        }
        output.hold(byte)
        return true
    }

    private mutating func appendToNested(
        _ byte: UInt8, _ nesting: inout JSONNesting, _ role: Role, _ output: inout AnswerOutput
    ) -> Bool {
        switch nesting.append(byte) {
        case .inside: phase = .nested(nesting, role)
        case .ended: phase = .behindValue
        case .malformed: return false
        }
        output.hold(byte)
        if role == .arguments, case .behindValue = phase { earlyArguments = Array(output.held[valueBegin...]) }
        return true
    }

    /// Whether the object can go on with the closing quote of a string.
    private mutating func endString(_ role: Role, _ output: inout AnswerOutput) -> Bool {
        let quote = UInt8(ascii: "\"")
        phase = role == .key ? .colon : .behindValue
        switch role {
        case .name:
            guard let name = Self.string(output.held[valueBegin...] + [quote]), FunctionCall.isName(name) else {
                return false
            }
            self.name = name
            guard let earlyArguments else { break }
            output.beginCall(name)
            output.write(earlyArguments, as: .arguments)
            return true
        case .arguments:
            guard let text = Self.string(output.held[valueBegin...] + [quote]) else { return false }
            let arguments = Array(text.utf8.drop(while: \.isSpace))
            guard arguments.isEmpty || arguments.first == UInt8(ascii: "{") else { return false }
            earlyArguments = arguments.isEmpty ? Array("{}".utf8) : arguments
        case .key, .other: break
        }
        output.hold(quote)
        return true
    }

    private static func string(_ json: ArraySlice<UInt8>) -> String? {
        guard case .string(let text)? = try? JSONReader.read(Array(json)) else { return nil }
        return text
    }

    private mutating func endObject(_ output: inout AnswerOutput) -> Bool {
        if !output.isInCall {
            guard let name else { return false }
            output.beginCall(name)
            output.write("{}".utf8, as: .arguments)
        }
        endCall(&output)
        return true
    }

    private mutating func endCall(_ output: inout AnswerOutput) {
        output.dropHeld()
        output.endCall()
        callsEnded += 1
        phase = .between
    }

    private mutating func appendToArguments(
        _ byte: UInt8, _ nesting: JSONNesting, _ output: inout AnswerOutput
    ) -> CallStep {
        var nesting = nesting
        switch nesting.append(byte) {
        case .inside: phase = .arguments(nesting)
        case .ended: phase = .behindValue
        case .malformed: return appendToMalformed(byte, .toolCall(blockEnd: endText), &output)
        }
        output.write(byte, as: .arguments)
        return .taken
    }

    /// The first character of arguments in a string decides whether they are an object.
    private mutating func beginString(_ byte: UInt8, _ output: inout AnswerOutput) -> CallStep {
        guard let name else { return .failed }
        switch byte {
        case UInt8(ascii: "{"):
            output.beginCall(name)
            output.write(byte, as: .arguments)
            phase = .argumentsString(ArgumentsString())
        case UInt8(ascii: "\""):
            output.beginCall(name)
            output.write("{}".utf8, as: .arguments)
            phase = .behindValue
        default:
            guard byte.isSpace else { return .failed }
            output.hold(byte)
        }
        return .taken
    }

    private mutating func appendToMalformed(
        _ byte: UInt8, _ rest: MalformedArguments, _ output: inout AnswerOutput
    ) -> CallStep {
        var rest = rest
        let step = rest.append(byte, to: &output)
        phase = .malformed(rest)
        switch step {
        case .inside: return .taken
        case .ended:
            endCall(&output)
            return .ended
        case .nextCall:
            endCall(&output)
            beginObject(&output)
            return .taken
        }
    }

    /// The answer is over, or the block ends with a token.
    mutating func finish(_ output: inout AnswerOutput) {
        guard output.isInCall else { return finishBetweenCalls(&output) }
        if case .argumentsString = phase { output.releaseHeld(as: .arguments) }
        endCall(&output)
    }

    private mutating func finishBetweenCalls(_ output: inout AnswerOutput) {
        switch phase {
        case .between where callsEnded > 0, .blockEnd: output.dropHeld()
        default: output.releaseHeld(as: .text)
        }
    }
}
