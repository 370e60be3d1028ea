/// A pattern as a list of steps, made once; `PatternProgram+match.swift` runs it.
struct PatternProgram: Sendable {
    enum Step: Equatable, Sendable {
        case set(Int)        // consumes one scalar of that set
        case run(Int, min: Int, max: Int)        // consumes as many as it can, gives back one by one
        case runOnce(Int, min: Int, max: Int)        // consumes as many as it can, gives nothing back
        case ahead(Int, isNegated: Bool)        // the next scalar is (not) of that set; the end is of none
        case fork(first: Int, second: Int)        // goes on at first, on failure at second
        case choose(Int, otherwise: Int)        // goes on only where the next scalar is of that set
        case jump(Int)
        // Runs the steps up to `accept` by themselves, then goes to next.
        case nested(isNegated: Bool, consumes: Bool, next: Int)
        case accept
    }

    /// Bounds of a pattern's size; those of usable tokenizers have some 100 nodes, 80 steps and 20 sets.
    private static let stepsMax = 4_000, nodesMax = 16_000, setsMax = 256
    /// Sets answer for scalars below this from a table of bits.
    static let tabledScalars: UInt32 = 0x2_0000
    static let wordsPerSet = Int(tabledScalars) / 64

    private(set) var steps: [Step] = []
    private(set) var sets: [ScalarSet] = []
    /// One row of `wordsPerSet` words for each set, one bit for each scalar below `tabledScalars`.
    private(set) var table: [UInt64] = []
    private var nodes = 0        // gone through so far, repetitions counted

    init(_ pattern: String) throws(PatternError) {
        try self.init(PatternParser.parse(pattern))
    }

    /// Matches exactly this text.
    init(literal text: String) throws(PatternError) {
        try self.init(.sequence(text.unicodeScalars.map { .set(ScalarSet($0)) }))
    }

    init(_ node: PatternNode) throws(PatternError) {
        try emit(node)
        try append(.accept)
    }

    private mutating func append(_ step: Step) throws(PatternError) {
        guard steps.count < Self.stepsMax else { throw Self.tooLarge("steps", Self.stepsMax) }
        steps.append(step)
    }

    private static func tooLarge(_ things: String, _ max: Int) -> PatternError {
        PatternError(expected: "a regular expression of at most \(max) \(things)", found: "a larger one")
    }

    private mutating func index(of set: ScalarSet) throws(PatternError) -> Int {
        if let known = sets.firstIndex(of: set) { return known }
        guard sets.count < Self.setsMax else { throw Self.tooLarge("different sets of characters", Self.setsMax) }
        sets.append(set)
        var words = [UInt64](repeating: 0, count: Self.wordsPerSet)
        for range in set.ranges {
            for scalar in range.clamped(to: 0 ..< Self.tabledScalars) {
                words[Int(scalar >> 6)] |= 1 << UInt64(scalar & 63)
            }
        }
        table.append(contentsOf: words)
        return sets.count - 1
    }

    private mutating func emit(_ node: PatternNode) throws(PatternError) {
        // Some nodes have no steps, such as an empty group, and repetitions of repetitions of them would not end.
        nodes += 1
        guard nodes <= Self.nodesMax else { throw Self.tooLarge("repeated parts", Self.nodesMax) }
        switch node {
        case .set(let set): try append(.set(index(of: set)))
        case .sequence(let parts): for part in parts { try emit(part) }
        case .alternatives(let choices): try emit(alternatives: choices)
        case .repeated(let body, let min, let max, let mode): try emit(body, min: min, max: max, mode)
        case .ahead(.set(let set), let isNegated): try append(.ahead(index(of: set), isNegated: isNegated))
        case .ahead(let body, let isNegated): try emit(nested: body, isNegated: isNegated, consumes: false)
        case .atomic(let body): try emit(nested: body, isNegated: false, consumes: true)
        }
    }

    private mutating func emit(nested body: PatternNode, isNegated: Bool, consumes: Bool) throws(PatternError) {
        let start = steps.count
        try append(.accept)        // its place; filled in below
        try emit(body)
        try append(.accept)
        steps[start] = .nested(isNegated: isNegated, consumes: consumes, next: steps.count)
    }

    private mutating func emit(alternatives choices: [PatternNode]) throws(PatternError) {
        var exits: [Int] = []
        for (number, choice) in choices.enumerated() {
            let isLast = number == choices.count - 1
            // Where the next scalar already rules a choice out, it is passed over without a fork.
            let first = isLast ? nil : choice.firstScalars
            let start = steps.count
            if first != nil { try append(.accept) }
            if !isLast { try append(.accept) }
            try emit(choice)
            if !isLast {
                exits.append(steps.count)
                try append(.accept)
            }
            let next = steps.count
            if let first {
                steps[start] = .choose(try index(of: first), otherwise: next)
                steps[start + 1] = .fork(first: start + 2, second: next)
            } else if !isLast {
                steps[start] = .fork(first: start + 1, second: next)
            }
        }
        for exit in exits { steps[exit] = .jump(steps.count) }
    }

    private mutating func emit(_ body: PatternNode, min: Int, max: Int, _ mode: PatternNode.Mode) throws(PatternError) {
        if case .set(let set) = body, mode != .lazy {
            let index = try index(of: set)
            return try append(mode == .greedy ? .run(index, min: min, max: max) : .runOnce(index, min: min, max: max))
        }
        if mode == .possessive {
            return try emit(nested: .repeated(body, min: min, max: max, .greedy), isNegated: false, consumes: true)
        }
        for _ in 0 ..< min { try emit(body) }
        if max == Int.max {
            let start = steps.count
            try append(.accept)
            try emit(body)
            try append(.jump(start))
            steps[start] = fork(into: start + 1, past: steps.count, mode)
        } else {
            var forks: [Int] = []
            for _ in min ..< max {
                forks.append(steps.count)
                try append(.accept)
                try emit(body)
            }
            for place in forks { steps[place] = fork(into: place + 1, past: steps.count, mode) }
        }
    }

    private func fork(into body: Int, past end: Int, _ mode: PatternNode.Mode) -> Step {
        mode == .lazy ? .fork(first: end, second: body) : .fork(first: body, second: end)
    }
}
