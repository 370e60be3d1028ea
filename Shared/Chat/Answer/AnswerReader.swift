/// Splits what a model says into text, reasoning and calls of functions, token by token.
///
/// - Only what may still become a marker or the head of a call is held back, and newlines, since those around reasoning
///   and calls belong to neither (as in vLLM's parsers).
/// - A call is certain when its name and the first bracket of its arguments were read. All before that comes back as
///   text if it turns out to be something else, the marker included where it has a text.
/// - Arguments end where their JSON ends. If they are no JSON, the rest of the call stays in them.
/// - Within reasoning no calls are looked for.
///
/// The work for each character is constant and without recursion, whatever the model says.
package struct AnswerReader: Sendable {
    private enum Part: Sendable {
        case text, reasoning
        case functionCall(FunctionCallReader)
        case toolCalls(ToolCallsReader)
    }
    private let syntax: AnswerSyntax
    /// Everything is text.
    private let isPlain: Bool
    private let callsMax: Int?
    private var part = Part.text
    private var output = AnswerOutput()
    private var search = MarkerSearch()
    /// By token.
    private var markers: [Int32: (text: [UInt8], meaning: MarkerSearch.Meaning)] = [:]
    /// Behind a marker, newlines belong to nothing.
    private var skipsNewlines = false
    /// Nothing but newlines has come since the answer, or its reasoning, began.
    private var isAtBegin = true
    private var isAtLineBegin = true
    /// Nothing but newlines has come since the last block of calls.
    private var isBehindCalls = false

    /// - Parameters:
    ///   - isReasoning: the prompt ends within reasoning, so that the answer begins there.
    ///   - callsMax: how many calls are wanted; what comes behind the last one is ignored. Nil for any number; with 0
    ///     calls are text.
    package init(_ syntax: AnswerSyntax, isReasoning: Bool = false, callsMax: Int? = nil) {
        var syntax = syntax
        if callsMax == 0 { syntax.calls = nil }
        self.syntax = syntax
        isPlain = syntax == AnswerSyntax()
        self.callsMax = callsMax
        if let reasoning = syntax.reasoning {
            add(reasoning.begin, .reasoningBegins)
            add(reasoning.end, .reasoningEnds)
        }
        switch syntax.calls {
        case .functionCall(let begin, _):
            add(begin, .callsBegin)
            search.add("```", .fenceOpens)
        case .toolCalls(let begin, let end):
            add(begin, .callsBegin)
            if let id = end.id { markers[id] = (Array(end.text.utf8), .callsEnd) }
        case nil: break
        }
        if isReasoning, syntax.reasoning != nil { beginReasoning() }
    }

    private mutating func add(_ marker: AnswerSyntax.Marker, _ meaning: MarkerSearch.Meaning) {
        if let id = marker.id {
            markers[id] = (Array(marker.text.utf8), meaning)
        } else {
            search.add(marker.text, meaning)
        }
    }

    /// How many Unicode scalars of the appended text have not come out and may still. Markers, and newlines beside
    /// them, count as out when they are understood.
    package var heldScalars: Int { output.heldScalars }

    /// Whether the model thinks at this moment.
    package var isReasoning: Bool { if case .reasoning = part { true } else { false } }

    /// How many calls have begun.
    package var calls: Int { output.calls }

    /// The last call that is wanted has ended; whatever follows is ignored.
    package var isDone: Bool { callsMax.map { $0 > 0 && calls >= $0 && !output.isInCall } ?? false }

    /// Takes the answer's next token.
    ///
    /// - Parameters:
    ///   - id: decides before the text does.
    ///   - text: what became complete with the token; possibly nothing.
    /// - Returns: what is certain now, in order.
    package mutating func append(_ id: Int32, _ text: String) -> [AnswerPiece] {
        guard !isPlain else { return text.isEmpty ? [] : [.text(text)] }
        if let marker = markers[id] {
            var before = Array(text.utf8)
            let isSpelled = before.suffix(marker.text.count).elementsEqual(marker.text)
            if isSpelled { before.removeLast(marker.text.count) }
            read(before)
            take(marker.meaning, spelled: isSpelled ? marker.text : [])
        } else {
            read(text.utf8)
        }
        return output.take()
    }

    /// The answer is over, for whatever reason: what was held back comes out, and a call that was cut off ends.
    package mutating func finish() -> [AnswerPiece] {
        finishPart()
        return output.take()
    }

    private mutating func finishPart() {
        switch part {
        case .text: output.releaseHeld(as: .text)
        case .reasoning: output.releaseHeld(as: .reasoning)
        case .functionCall(var reader): reader.finish(&output)
        case .toolCalls(var reader): reader.finish(&output)
        }
        search.stop()
    }

    private mutating func read(_ bytes: some Sequence<UInt8>) {
        for byte in bytes where !isDone { read(byte) }
    }

    private mutating func read(_ byte: UInt8) {
        switch part {
        case .text: read(byte, as: .text)
        case .reasoning: read(byte, as: .reasoning)
        case .functionCall(var reader):
            let step = reader.append(byte, to: &output)
            part = .functionCall(reader)
            follow(step, byte)
        case .toolCalls(var reader):
            let step = reader.append(byte, to: &output)
            part = .toolCalls(reader)
            follow(step, byte)
        }
    }
}

// Text and reasoning.
extension AnswerReader {
    private mutating func read(_ byte: UInt8, as kind: AnswerOutput.Kind) {
        if skipsNewlines, byte.isNewline { return }
        skipsNewlines = false
        let wasInMarker = search.isInMarker
        switch search.concerns(byte) ? search.append(byte, mayBegin: mayBegin) : .none {
        case .partial: output.hold(byte)
        case .found(let meaning):
            output.hold(byte)
            begin(meaning)
        case .none where wasInMarker:
            releaseMarker()
            read(byte, as: kind)
        case .none where byte.isNewline && newlinesMayVanish:
            output.hold(byte)
            isAtLineBegin = true
        case .none:
            output.releaseHeld(as: kind)
            output.write(byte, as: kind)
            leaveBegin(isAtLineBegin: byte.isNewline)
        }
    }

    /// Which markers that are texts count here.
    private func mayBegin(_ meaning: MarkerSearch.Meaning) -> Bool {
        if case .reasoning = part { return meaning == .reasoningEnds || (meaning == .reasoningBegins && isAtBegin) }
        switch meaning {
        case .reasoningBegins: return isAtBegin
        case .callsBegin: return true
        case .fenceOpens: return isAtLineBegin && (isBehindCalls || acceptsBareFence)
        case .reasoningEnds, .callsEnd: return false
        }
    }

    private var acceptsBareFence: Bool {
        if case .functionCall(_, acceptsBareFence: true) = syntax.calls { true } else { false }
    }

    /// Whether a marker may follow, before which newlines belong to nothing.
    private var newlinesMayVanish: Bool {
        if case .reasoning = part { return true }
        return syntax.calls != nil || isAtBegin || syntax.reasoning?.begin.id != nil
    }

    /// What looked like a marker is text.
    private mutating func releaseMarker() {
        search.stop()
        if case .reasoning = part { output.releaseHeld(as: .reasoning) } else { output.releaseHeld(as: .text) }
        leaveBegin(isAtLineBegin: false)
    }

    private mutating func leaveBegin(isAtLineBegin: Bool) {
        isAtBegin = false
        isBehindCalls = false
        self.isAtLineBegin = isAtLineBegin
    }

    /// A marker that counts here was read, and its text is held if it has one.
    private mutating func begin(_ meaning: MarkerSearch.Meaning) {
        switch meaning {
        case .reasoningBegins: beginReasoning()
        case .reasoningEnds: endReasoning()
        case .callsBegin: beginCalls()
        case .fenceOpens: part = .functionCall(FunctionCallReader(isFenceOpen: true))
        case .callsEnd: endCalls()
        }
    }

    private mutating func beginReasoning() {
        output.dropHeld()
        part = .reasoning
        skipsNewlines = true
        isAtBegin = true
    }

    private mutating func endReasoning() {
        output.dropHeld()
        part = .text
        skipsNewlines = true
        leaveBegin(isAtLineBegin: true)
    }
}

// Calls.
extension AnswerReader {
    private mutating func beginCalls() {
        switch syntax.calls {
        case .functionCall: part = .functionCall(FunctionCallReader(isFenceOpen: false))
        case .toolCalls(_, let end): part = .toolCalls(ToolCallsReader(end: end))
        case nil: break
        }
    }

    private mutating func endCalls() {
        part = .text
        skipsNewlines = true
        leaveBegin(isAtLineBegin: true)
        isBehindCalls = true
    }

    private mutating func follow(_ step: CallStep, _ byte: UInt8) {
        switch step {
        case .taken: break
        case .ended: endCalls()
        case .failed:
            let isAtLineBegin = output.held.last?.isNewline ?? true
            output.releaseHeld(as: .text)
            part = .text
            skipsNewlines = false
            leaveBegin(isAtLineBegin: isAtLineBegin)
            read(byte)
        }
    }
}

// Markers that are tokens.
extension AnswerReader {
    /// - Parameter text: the token's own; empty for special tokens where those have none.
    private mutating func take(_ meaning: MarkerSearch.Meaning, spelled text: [UInt8]) {
        guard !isDone else { return }
        guard counts(meaning) else { return read(text) }
        if search.isInMarker { releaseMarker() }
        switch part {
        case .functionCall, .toolCalls: finishBlock(text, at: meaning)
        case .text, .reasoning: break
        }
        guard !isDone, meaning != .callsEnd else { return }
        for byte in text { output.hold(byte) }
        begin(meaning)
    }

    private func counts(_ meaning: MarkerSearch.Meaning) -> Bool {
        switch (part, meaning) {
        case (.text, .reasoningBegins), (.text, .callsBegin), (.reasoning, .reasoningEnds): true
        case (.reasoning, .reasoningBegins): isAtBegin
        case (.functionCall, .callsBegin), (.toolCalls, .callsBegin), (.toolCalls, .callsEnd): true
        default: false
        }
    }

    /// A token ends the block, or begins another one before this one has ended.
    private mutating func finishBlock(_ text: [UInt8], at meaning: MarkerSearch.Meaning) {
        let isBroken = if case .toolCalls(let reader) = part { !reader.hasCalls(output) } else { false }
        finishPart()
        endCalls()
        guard isBroken, meaning == .callsEnd else { return }
        output.write(text, as: .text)
        skipsNewlines = false
    }
}
