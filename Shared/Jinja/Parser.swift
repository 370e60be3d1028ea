/// Reads a template's tokens into its tree. This part reads statements; the other files read expressions.
struct Parser {
    /// How deep expressions may lie within each other, those of a chain such as `a + b + c` counted too.
    static let expressionDepthMax = 150
    /// How deep brackets, calls and prefixes may lie within each other, each parenthesis counted twice.
    static let nestingMax = 80
    /// The same of statements.
    static let statementDepthMax = 60

    private let tokens: [(token: Token, line: Int)]
    private var position = 0
    let name: String
    /// Names of variables; a variable is its index.
    private(set) var names: [String] = []
    private var indexes: [String: Int] = [:]
    /// For each macro around the current place, the names that its body reads.
    private var namesRead: [Set<String>] = []
    private var loopDepth = 0
    private var statementDepth = 0
    var expressionDepth = 0
    /// Filters and tests that nobody knows. They count unless they stand in a branch that may never run.
    var unknown: [(error: TemplateError, isCertain: Bool)] = []

    static func parse(_ source: String, name: String) throws(TemplateError) -> (body: [Statement], names: [String]) {
        var parser = Parser(tokens: try Lexer.tokens(of: source, name: name), name: name)
        let body = try parser.statements(until: [])
        if let first = parser.unknown.first { throw first.error }
        return (body, parser.names)
    }

    private init(tokens: [(token: Token, line: Int)], name: String) {
        self.tokens = tokens
        self.name = name
    }

    // MARK: Tokens

    var current: Token { tokens[position].token }
    var line: Int { tokens[position].line }
    var following: Token { tokens[min(position + 1, tokens.count - 1)].token }

    mutating func advance() { position = min(position + 1, tokens.count - 1) }

    func failure(_ problem: String, line: Int? = nil) -> TemplateError {
        TemplateError(kind: .syntax, template: name, line: line ?? self.line, problem: problem)
    }

    func isSymbol(_ symbol: String) -> Bool { current == .symbol(symbol) }
    func isName(_ name: String) -> Bool { current == .name(name) }

    mutating func skip(_ token: Token) -> Bool {
        guard current == token else { return false }
        advance()
        return true
    }

    mutating func expect(_ token: Token) throws(TemplateError) {
        guard skip(token) else { throw failure("expected \(token.inWords), found \(current.inWords)") }
    }

    mutating func expectName() throws(TemplateError) -> String {
        guard case .name(let name) = current else { throw failure("expected a name, found \(current.inWords)") }
        advance()
        return name
    }

    mutating func variable(_ name: String) -> Int {
        if let index = indexes[name] { return index }
        indexes[name] = names.count
        names.append(name)
        return names.count - 1
    }

    mutating func noteRead(_ name: String) {
        if !namesRead.isEmpty { namesRead[namesRead.count - 1].insert(name) }
    }

    // MARK: Unknown filters in branches

    /// Reads something that may never run: what is unknown in it is no error yet.
    mutating func maybe<Result>(
        _ read: (inout Parser) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        let mark = unknown.count
        let result = try read(&self)
        forgive(since: mark)
        return result
    }

    mutating func forgive(since mark: Int) {
        let certain = unknown[mark...].filter(\.isCertain)
        unknown.replaceSubrange(mark..., with: certain)
    }

    /// Reads the body of a statement with variables of its own, in which jinja2 looks up every filter.
    private mutating func certainly<Result>(
        _ read: (inout Parser) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        let mark = unknown.count
        let result = try read(&self)
        for index in unknown.indices[mark...] { unknown[index].isCertain = true }
        return result
    }

    // MARK: Statements

    /// Statements up to a tag that begins with one of these names; the tag's name is the current token then.
    private mutating func statements(until ends: Set<String>) throws(TemplateError) -> [Statement] {
        statementDepth += 1
        defer { statementDepth -= 1 }
        guard statementDepth <= Self.statementDepthMax else {
            throw failure("statements lie more than \(Self.statementDepthMax) deep within each other")
        }
        var body: [Statement] = []
        while true {
            switch current {
            case .data(let text):
                advance()
                body.append(.data(OriginText(text, .template)))
            case .variableBegin:
                advance()
                body.append(.output(try tupleOrExpression()))
                try expect(.variableEnd)
            case .blockBegin:
                advance()
                if case .name(let name) = current, ends.contains(name) { return body }
                body.append(contentsOf: try statement(ends))
                try expect(.blockEnd)
            case .end:
                guard ends.isEmpty else {
                    let wanted = ends.sorted().map { "'{% \($0) %}'" }.joined(separator: " or ")
                    throw failure("expected \(wanted), found the end of the template")
                }
                return body
            default: throw failure("expected text or a tag, found \(current.inWords)")
            }
        }
    }

    /// The body of a block and its end tag, up to the end tag's `%}`.
    private mutating func body(until end: String) throws(TemplateError) -> [Statement] {
        try expect(.blockEnd)
        let body = try statements(until: [end])
        advance()
        return body
    }

    private mutating func statement(_ ends: Set<String>) throws(TemplateError) -> [Statement] {
        guard case .name(let name) = current else {
            throw failure("expected the name of a statement, found \(current.inWords)")
        }
        let line = line
        advance()
        switch name {
        case "for": return [try forLoop()]
        case "if": return [try conditional()]
        case "set": return [try assignment(line)]
        case "macro": return [try macroStatement(line)]
        case "call": return [try callBlock(line)]
        case "filter": return [try filterBlock()]
        case "with": return [try withBlock()]
        case "print": return try printed()
        case "generation":
            return [
                .scoped(
                    try outsideLoops { parser throws(TemplateError) in try parser.body(until: "endgeneration") })
            ]
        case "break", "continue":
            guard loopDepth > 0 else { throw failure("'\(name)' stands outside of a loop", line: line) }
            return [name == "break" ? .breakLoop : .continueLoop]
        case "include", "import", "from", "extends", "block", "autoescape":
            throw failure("the statement '\(name)' is not supported in chat templates", line: line)
        default:
            let wanted = ends.isEmpty ? "" : "; expected \(ends.sorted().map { "'\($0)'" }.joined(separator: " or "))"
            throw failure("unknown statement '\(name)'\(wanted)", line: line)
        }
    }

    private mutating func printed() throws(TemplateError) -> [Statement] {
        var outputs: [Statement] = []
        while current != .blockEnd {
            if !outputs.isEmpty { try expect(.symbol(",")) }
            outputs.append(.output(try expression()))
        }
        return outputs
    }

    private mutating func outsideLoops<Result>(
        _ read: (inout Parser) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        let depth = loopDepth
        loopDepth = 0
        defer { loopDepth = depth }
        return try certainly(read)
    }

    private mutating func forLoop() throws(TemplateError) -> Statement {
        let target = try assignmentTarget(end: "in", withAttributes: false)
        try expect(.name("in"))
        let iterable = try tupleOrExpression(withConditional: false, end: "recursive")
        let filter = skip(.name("if")) ? try expression() : nil
        let isRecursive = skip(.name("recursive"))
        try expect(.blockEnd)
        loopDepth += 1
        let body: [Statement]
        do {
            defer { loopDepth -= 1 }
            body = try certainly { parser throws(TemplateError) in
                try parser.statements(until: ["endfor", "else"])
            }
        }
        let hasElse = isName("else")
        advance()
        let otherwise =
            hasElse ? try certainly { parser throws(TemplateError) in try parser.body(until: "endfor") } : []
        return .loop(
            ForLoop(
                target: target, iterable: iterable, filter: filter, isRecursive: isRecursive, body: body,
                otherwise: otherwise))
    }

    private mutating func conditional() throws(TemplateError) -> Statement {
        try maybe { parser throws(TemplateError) in try parser.branches() }
    }

    private mutating func branches() throws(TemplateError) -> Statement {
        var branches: [(test: Node, body: [Statement])] = []
        while true {
            let test = try tupleOrExpression(withConditional: false)
            try expect(.blockEnd)
            branches.append((test, try statements(until: ["elif", "else", "endif"])))
            if skip(.name("elif")) { continue }
            if skip(.name("else")) { return .conditional(branches, otherwise: try body(until: "endif")) }
            advance()
            return .conditional(branches, otherwise: [])
        }
    }

    private mutating func assignment(_ line: Int) throws(TemplateError) -> Statement {
        let target = try assignmentTarget(end: nil, withAttributes: true)
        if skip(.symbol("=")) { return .set(target, try tupleOrExpression()) }
        let captured = Node(.captured, line: line, depth: 1)
        let filter = try filters(of: captured)
        let body = try certainly { parser throws(TemplateError) in try parser.body(until: "endset") }
        return .setBlock(target, filter: filter, body: body, line: line)
    }

    private mutating func filterBlock() throws(TemplateError) -> Statement {
        let filter = try filters(of: Node(.captured, line: line, depth: 1), startsInline: true)
        let body = try certainly { parser throws(TemplateError) in try parser.body(until: "endfilter") }
        return .filterBlock(filter, body: body)
    }

    private mutating func withBlock() throws(TemplateError) -> Statement {
        var pairs: [(target: Target, value: Node)] = []
        while current != .blockEnd {
            if !pairs.isEmpty { try expect(.symbol(",")) }
            let target = try assignmentTarget(end: nil, withAttributes: false)
            try expect(.symbol("="))
            pairs.append((target, try expression()))
        }
        return .with(pairs, body: try certainly { parser throws(TemplateError) in try parser.body(until: "endwith") })
    }

    // MARK: Macros

    private mutating func macroStatement(_ line: Int) throws(TemplateError) -> Statement {
        let name = try expectName()
        let variable = variable(name)
        return .macro(
            try macro(name, variable, line: line, hasParameters: true) { parser throws(TemplateError) in
                try parser.body(until: "endmacro")
            })
    }

    private mutating func callBlock(_ line: Int) throws(TemplateError) -> Statement {
        var call: Node?
        let variable = variable("caller")
        let caller = try macro("caller", variable, line: line, hasParameters: isSymbol("(")) {
            parser throws(TemplateError) in
            let expression = try parser.expression()
            guard case .call = expression.kind else { throw parser.failure("expected a call of a macro", line: line) }
            call = expression
            return try parser.body(until: "endcall")
        }
        guard let call else { throw failure("expected a call of a macro", line: line) }
        return .callBlock(call: call, caller: caller)
    }

    private mutating func macro(
        _ name: String, _ variable: Int, line: Int, hasParameters: Bool,
        _ readBody: (inout Parser) throws(TemplateError) -> [Statement]
    ) throws(TemplateError) -> Macro {
        namesRead.append([])
        let parameters = hasParameters ? try signature() : []
        let body = try outsideLoops(readBody)
        let named = namesRead.removeLast()
        for name in named { noteRead(name) }
        return Macro(
            name: name, variable: variable, parameters: parameters, body: body, line: line, named: named)
    }

    private mutating func signature() throws(TemplateError) -> [(name: String, variable: Int, value: Node?)] {
        var parameters: [(name: String, variable: Int, value: Node?)] = []
        try expect(.symbol("("))
        while !isSymbol(")") {
            if !parameters.isEmpty { try expect(.symbol(",")) }
            let name = try expectName()
            let value = skip(.symbol("=")) ? try expression() : nil
            if value == nil, let last = parameters.last, last.value != nil {
                throw failure("parameter '\(name)' without a default value follows one with a default value")
            }
            parameters.append((name, variable(name), value))
        }
        advance()
        return parameters
    }

    // MARK: Targets

    private mutating func assignmentTarget(end: String?, withAttributes: Bool) throws(TemplateError) -> Target {
        var targets: [Target] = []
        var isTuple = false
        while true {
            if isTuple, end.map(isName) ?? (isSymbol("=") || current == .blockEnd) { break }
            targets.append(try simpleTarget(withAttributes: withAttributes))
            guard skip(.symbol(",")) else { break }
            isTuple = true
        }
        return isTuple ? .tuple(targets) : targets[0]
    }

    private mutating func simpleTarget(withAttributes: Bool) throws(TemplateError) -> Target {
        expressionDepth += 1
        defer { expressionDepth -= 1 }
        if expressionDepth < Self.nestingMax, skip(.symbol("(")) {
            let target = try assignmentTarget(end: nil, withAttributes: withAttributes)
            try expect(.symbol(")"))
            return target
        }
        let name = try expectName()
        if ["true", "false", "none", "True", "False", "None"].contains(name) {
            throw failure("expected a name to assign to, found '\(name)'")
        }
        if withAttributes, skip(.symbol(".")) { return .attribute(of: variable(name), try expectName()) }
        return .variable(variable(name))
    }
}
