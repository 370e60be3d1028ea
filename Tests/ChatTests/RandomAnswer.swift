import Chat
import TestSupport

/// An answer of random parts, with what each stretch of it has to come out as.
struct RandomAnswer {
    enum Kind { case marker, text, reasoning, arguments }
    /// A stretch that becomes known as a whole.
    struct Unit {
        let written: String
        var kind = Kind.marker
        /// What comes out of it; nothing for markers.
        var meaning = ""
    }
    let syntax: AnswerSyntax
    let isReasoning: Bool
    private(set) var units: [Unit] = []
    private(set) var pieces: [AnswerPiece] = []
    private var random: SplitMix64
    private var isAtBegin = true

    private var isLikeM1: Bool { syntax.reasoning != nil }
    private var hasTokens: Bool { syntax == .functionCall || syntax == .toolCallsTokens }

    init(_ syntax: AnswerSyntax, seed: UInt64) {
        self.syntax = syntax
        random = SplitMix64(seed: seed)
        isReasoning = syntax.reasoning != nil && Int.random(in: 0 ..< 3, using: &random) == 0
        if isReasoning { addReasoning(isBegun: true) } else if isLikeM1, chance(2) { addReasoning(isBegun: false) }
        for _ in 0 ..< Int.random(in: 0 ... 3, using: &random) {
            if chance(2) { addText() }
            addBlock()
        }
        if chance(2) { addText() }
        pieces = joined(pieces)
    }

    var written: String { units.reduce(into: "") { $0 += $1.written } }

    private mutating func chance(_ count: Int) -> Bool { Int.random(in: 0 ..< count, using: &random) == 0 }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0 ..< elements.count, using: &random)]
    }

    private mutating func newlines() -> String { pick(["", "", "\n", "\n\n"]) }

    private mutating func mark(_ text: String) { units.append(Unit(written: text)) }

    private mutating func say(_ text: String, _ kind: Kind) {
        for scalar in text.unicodeScalars {
            units.append(Unit(written: String(scalar), kind: kind, meaning: String(scalar)))
        }
        switch kind {
        case .text: pieces.append(.text(text))
        case .reasoning: pieces.append(.reasoning(text))
        case .arguments: pieces.append(.callArguments(text))
        case .marker: break
        }
    }

    /// Neither begins nor ends with a newline.
    private mutating func prose() -> String {
        let words = [
            "word", "é", "😀", " ", "\n", "\n\n", "<", "<thin", "``` ", "日本", "</", "{\"", "functions.f({})", "\t",
        ]
        let middle = (0 ..< Int.random(in: 0 ... 8, using: &random)).map { _ in pick(words) }.joined()
        return pick(["A", "ß", " x"]) + middle + pick([".", "😀", " "])
    }

    private mutating func addText() { say(prose(), .text) }

    private mutating func addReasoning(isBegun: Bool) {
        if !isBegun { mark(newlines() + (hasTokens ? thinkToken : "<think>")) }
        mark(newlines())
        say(prose(), .reasoning)
        mark(newlines() + (hasTokens ? thinkEndToken : "</think>") + newlines())
    }

    private mutating func addBlock() {
        mark(newlines())
        isLikeM1 ? addToolCalls() : addFunctionCalls()
        mark(newlines())
    }

    private mutating func begin(_ name: String) { pieces.append(.callBegins(name: name)) }

    private mutating func end() { pieces.append(.callEnds) }

    private mutating func addFunctionCalls() {
        mark((hasTokens ? functionCallToken : pick(["<function_call>", "\n<function_call>\n"])) + "```typescript\n")
        for _ in 0 ..< Int.random(in: 1 ... 3, using: &random) {
            let name = pick(["f", "get_weather", "größe.x-1"])
            begin(name)
            if chance(6) {
                units.append(Unit(written: "functions.\(name)()", kind: .arguments, meaning: "{}"))
                pieces.append(.callArguments("{}"))
            } else {
                mark("functions.\(name)(" + pick(["", " ", "\n"]))
                say(object(depth: 0), .arguments)
                mark(pick(["", " ", "\n"]) + ")")
            }
            end()
            mark(pick(["\n", "; \n"]))
        }
        mark("```")
    }

    private mutating func addToolCalls() {
        mark((hasTokens ? toolCallsToken : "<tool_calls>") + "\n")
        for _ in 0 ..< Int.random(in: 1 ... 3, using: &random) {
            begin("größe")
            switch Int.random(in: 0 ..< 4, using: &random) {
            case 0: addLateName()
            case 1: addArgumentsString()
            default:
                mark(#"{"name": "größe", "#)
                if chance(3) { mark(#""id": \#(object(depth: 1)), "#) }
                mark(#""arguments":"#)
                say(object(depth: 0), .arguments)
                if chance(3) { mark(#", "id": \#(object(depth: 1))"#) }
                mark("}")
            }
            end()
            mark("\n")
        }
        mark(hasTokens ? toolCallsEndToken : "</tool_calls>")
    }

    private mutating func addLateName() {
        let arguments = object(depth: 0)
        let written = #"{"arguments": \#(arguments), "name": "größe""#
        units.append(Unit(written: written, kind: .arguments, meaning: arguments))
        pieces.append(.callArguments(arguments))
        mark("}")
    }

    private mutating func addArgumentsString() {
        let arguments = object(depth: 0)
        pieces.append(.callArguments(arguments))
        mark(#"{"name": "größe", "arguments": ""#)
        for scalar in arguments.unicodeScalars {
            let units = String(scalar).utf16.map { "\\u" + String(UInt32($0) + 0x1_0000, radix: 16).dropFirst() }
            let isEscaped = "\"\\\n".unicodeScalars.contains(scalar) || (chance(4) && scalar != "{")
            let written = isEscaped ? units.joined() : String(scalar)
            self.units.append(Unit(written: written, kind: .arguments, meaning: String(scalar)))
        }
        mark(#""}"#)
    }

    /// The text of a JSON object.
    private mutating func object(depth: Int) -> String {
        let members = (0 ..< Int.random(in: 0 ... 3, using: &random)).map { _ in
            string() + pick([":", ": "]) + value(depth: depth + 1)
        }
        return "{" + members.joined(separator: pick([",", ", ", ",\n  "])) + "}"
    }

    private mutating func value(depth: Int) -> String {
        switch Int.random(in: 0 ..< (depth < 4 ? 5 : 3), using: &random) {
        case 0: return pick(["1", "-2.5e+10", "true", "null"])
        case 1, 2: return string()
        case 3: return "[" + value(depth: depth + 1) + ", " + value(depth: depth + 1) + "]"
        default: return object(depth: depth)
        }
    }

    private mutating func string() -> String {
        let words = [
            "a", "é", "😀", "\\\"", "\\\\", "\\n", "\\u00e9", "```", "\n```", ")", "}", "]", "{", "</tool_calls>",
            "<think>",
            "<function_call>", "functions.f({})", "日",
        ]
        return "\"" + (0 ..< Int.random(in: 0 ... 5, using: &random)).map { _ in pick(words) }.joined() + "\""
    }
}

/// Goes along an answer, as far as it is understood, and collects what has to be out by then.
struct RandomAnswerProgress {
    private var units: ArraySlice<RandomAnswer.Unit>
    private var scalars = 0
    private(set) var text = "", reasoning = "", arguments = ""

    init(_ answer: RandomAnswer) { units = answer.units[...] }

    /// - Parameter understood: how many of the answer's scalars, without those that stand for special tokens; it only
    ///   grows.
    mutating func advance(to understood: Int) {
        while let unit = units.first {
            let count = unit.written.unicodeScalars.count { !(0xE000 ..< 0xE010).contains($0.value) }
            guard scalars + count <= understood else { return }
            scalars += count
            units.removeFirst()
            switch unit.kind {
            case .marker: break
            case .text: text += unit.meaning
            case .reasoning: reasoning += unit.meaning
            case .arguments: arguments += unit.meaning
            }
        }
    }
}
