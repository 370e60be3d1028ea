internal import JSON

/// Reads the part of Oniguruma's syntax that tokenizers use; everything else is refused by name.
struct PatternParser {
    private static let depthMax = 20, scalarsMax = 10_000
    private static let countMax = 1000
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var ignoresCase = false
    private var depth = 0

    static func parse(_ pattern: String) throws(PatternError) -> PatternNode {
        guard pattern.unicodeScalars.count <= scalarsMax else {
            throw PatternError(
                expected: "a regular expression of at most \(scalarsMax) characters", found: "a longer one")
        }
        var parser = PatternParser(pattern)
        let node = try parser.alternatives()
        guard parser.current == nil else { throw parser.unsupported("')' without '('") }
        return node
    }

    private init(_ pattern: String) { scalars = Array(pattern.unicodeScalars) }

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private func unsupported(_ what: String) -> PatternError {
        PatternError(
            expected: "a supported regular expression",
            found: "\(what) at character \(position) of \"\(String(String.UnicodeScalarView(scalars)).echoed)\"")
    }

    private mutating func take(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard scalars[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    private mutating func next() throws(PatternError) -> Unicode.Scalar {
        guard let scalar = current else { throw unsupported("an unfinished pattern") }
        position += 1
        return scalar
    }

    // MARK: Structure

    private mutating func alternatives() throws(PatternError) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw unsupported("more than \(Self.depthMax) nested groups") }
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .alternatives(choices)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var parts: [PatternNode] = []
        while let scalar = current, scalar != "|", scalar != ")" {
            parts.append(try quantified(atom()))
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    /// One unit that a quantifier may follow.
    private mutating func atom() throws(PatternError) -> PatternNode {
        if take("(") { return try group() }
        if take("[") { return .set(try scalarClass()) }
        if take(".") { return .set(ScalarSet("\n").complement) }
        if take("\\") { return .set(try escape(inClass: false)) }
        if try interval() != nil { throw unsupported("a quantifier of nothing") }
        let scalar = try next()
        if "^$*+?".unicodeScalars.contains(scalar) {
            position -= 1
            throw unsupported("'\(scalar)'")
        }
        return .set(try literal(scalar))
    }

    private mutating func group() throws(PatternError) -> PatternNode {
        let outerCase = ignoresCase
        defer { ignoresCase = outerCase }
        if take("?i)") {
            // The rest of the enclosing group, alternatives too, is one group: "a(?i)b|c" means "a(?i:b|c)".
            ignoresCase = true
            return try alternatives()
        }
        var wrap: (PatternNode) -> PatternNode = { $0 }
        if take("?i:") {
            ignoresCase = true
        } else if take("?-i:") {
            ignoresCase = false
        } else if take("?=") {
            wrap = { .ahead($0, isNegated: false) }
        } else if take("?!") {
            wrap = { .ahead($0, isNegated: true) }
        } else if take("?>") {
            wrap = { .atomic($0) }
        } else if !take("?:"), current == "?" {
            throw unsupported("this kind of group")
        }
        let body = try alternatives()
        guard take(")") else { throw unsupported("a group without ')'") }
        return wrap(body)
    }

    private mutating func quantified(_ atom: PatternNode) throws(PatternError) -> PatternNode {
        var minimum = 0, maximum = Int.max
        var isInterval = false
        if take("*") {
        } else if take("+") {
            minimum = 1
        } else if take("?") {
            maximum = 1
        } else if let interval = try interval() {
            (minimum, maximum, isInterval) = (interval.min, interval.max, true)
        } else {
            return atom
        }
        var mode = PatternNode.Mode.greedy
        // Oniguruma reads "{2}?" as optional and "{1,2}+" as repeated, where others read lazy and possessive.
        if take("?") { mode = .lazy } else if take("+") { mode = .possessive }
        if isInterval && (mode == .possessive || mode == .lazy && minimum == maximum) {
            throw unsupported("a mark behind {…}")
        }
        if let scalar = current, "*+?".unicodeScalars.contains(scalar) { throw unsupported("a repeated quantifier") }
        if try interval() != nil { throw unsupported("a repeated quantifier") }
        if maximum == Int.max && atom.canBeEmpty { throw unsupported("endless repetition of what may be empty") }
        return .repeated(atom, min: minimum, max: maximum, mode)
    }

    /// `{n}`, `{n,}`, `{,n}` or `{n,m}`; anything else behind a brace is an ordinary character.
    private mutating func interval() throws(PatternError) -> (min: Int, max: Int)? {
        let start = position
        guard take("{") else { return nil }
        let low = try number()
        let isExact = !take(",")
        let high = isExact ? low : try number()
        guard take("}"), low != nil || high != nil else {
            position = start
            return nil
        }
        let range = (min: low ?? 0, max: high ?? Int.max)
        guard range.min <= range.max else { throw unsupported("a repetition out of order") }
        return range
    }

    private mutating func number() throws(PatternError) -> Int? {
        var value: Int?
        while let scalar = current, let digit = Int(String(scalar)) {
            value = (value ?? 0) * 10 + digit
            guard value ?? 0 <= Self.countMax else { throw unsupported("a repetition above \(Self.countMax)") }
            position += 1
        }
        return value
    }

    // MARK: Sets of scalars

    private mutating func scalarClass() throws(PatternError) -> ScalarSet {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw unsupported("more than \(Self.depthMax) nested classes") }
        let isNegated = take("^")
        if current == "]" { throw unsupported("an empty class") }
        var intersection: ScalarSet?
        var union = ScalarSet.none
        while !take("]") {
            if take("&&") {
                intersection = intersection?.intersection(union) ?? union
                union = .none
            } else {
                union = union.union(try classItem())
            }
        }
        let set = intersection?.intersection(union) ?? union
        return isNegated ? set.complement : set
    }

    private mutating func classItem() throws(PatternError) -> ScalarSet {
        if take("[") {
            if current == ":" { throw unsupported("a bracketed class name") }
            return try scalarClass()
        }
        let wasEscaped = take("\\")
        if wasEscaped, let shorthand = current, "pPsSdDwW".unicodeScalars.contains(shorthand) {
            let set = try escape(inClass: true)
            if current == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
                throw unsupported("a range from a class")
            }
            return set
        }
        let low = wasEscaped ? try escapedScalar() : try next()
        guard current == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
            return try literal(low)
        }
        position += 1
        let high = take("\\") ? try escapedScalar() : try next()
        guard high != "[", low <= high else { throw unsupported("a range out of order") }
        return try caseVariants(of: ScalarSet(low.value ... high.value))
    }

    /// What follows a backslash, as a set.
    private mutating func escape(inClass: Bool) throws(PatternError) -> ScalarSet {
        switch current {
        case "s", "S", "d", "D":
            let letter = try next()
            let set =
                letter.value | 0x20 == 0x73 ? UnicodeCategories.whitespace : UnicodeCategories.set(named: "Nd") ?? .none
            return letter.properties.isUppercase ? set.complement : set
        case "p", "P": return try property()
        default: return try literal(try escapedScalar())
        }
    }

    private mutating func property() throws(PatternError) -> ScalarSet {
        var isNegated = try next() == "P"
        guard take("{") else { throw unsupported("a property without '{'") }
        if take("^") { isNegated.toggle() }
        var name = ""
        while let scalar = current, scalar != "}" {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard take("}"), let set = UnicodeCategories.set(named: name) else {
            throw unsupported("the property \"\(name)\"")
        }
        if ignoresCase && ["Lu", "Ll", "Lt"].contains(name) {
            throw unsupported("the property \"\(name)\" without regard to case")
        }
        return isNegated ? set.complement : set
    }

    private mutating func escapedScalar() throws(PatternError) -> Unicode.Scalar {
        let scalar = try next()
        switch scalar {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "f": return "\u{C}"
        case "v": return "\u{B}"
        case "u": return try hexadecimal(digits: 4)
        case "x" where take("{"):
            let value = try hexadecimal(digits: 8)
            guard take("}") else { throw unsupported("an escape without '}'") }
            return value
        default:
            let isAlphanumeric =
                scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            if isAlphanumeric { throw unsupported("the escape \\\(scalar)") }
            return scalar
        }
    }

    private mutating func hexadecimal(digits: Int) throws(PatternError) -> Unicode.Scalar {
        var text = ""
        while text.count < digits, let scalar = current, Character(scalar).isHexDigit {
            text.unicodeScalars.append(scalar)
            position += 1
        }
        guard digits == 8 || text.count == digits, let value = UInt32(text, radix: 16),
            let scalar = Unicode.Scalar(value)
        else {
            throw unsupported("an incomplete escape")
        }
        return scalar
    }

    // MARK: Case

    private func literal(_ scalar: Unicode.Scalar) throws(PatternError) -> ScalarSet {
        try caseVariants(of: ScalarSet(scalar))
    }

    /// Under `(?i`, adds the other case of each ASCII letter, and the two scalars outside ASCII that fold to one: ſ and
    /// K.
    private func caseVariants(of set: ScalarSet) throws(PatternError) -> ScalarSet {
        guard ignoresCase else { return set }
        guard set.ranges.allSatisfy({ $0.upperBound <= 0x80 }) else {
            throw unsupported("a letter outside ASCII without regard to case")
        }
        var result = set
        for scalar in set.ranges.joined() where (0x41 ... 0x5A).contains(scalar & ~0x20) {
            result = result.union(ScalarSet((scalar ^ 0x20) ... (scalar ^ 0x20)))
            if scalar | 0x20 == 0x73 { result = result.union(ScalarSet("\u{17F}")) }
            if scalar | 0x20 == 0x6B { result = result.union(ScalarSet("\u{212A}")) }
        }
        return result
    }
}
