// Expressions, in jinja2's order of precedence: each function reads what binds tighter than the one before.
extension Parser {
    private func node(_ kind: Node.Kind, _ line: Int, _ parts: Node?...) throws(TemplateError) -> Node {
        try node(kind, line, parts: parts.compactMap(\.self))
    }

    private func node(_ kind: Node.Kind, _ line: Int, parts: [Node]) throws(TemplateError) -> Node {
        let depth = 1 + (parts.lazy.map(\.depth).max() ?? 0)
        guard depth <= Self.expressionDepthMax else { throw tooDeep() }
        return Node(kind, line: line, depth: depth)
    }

    private func tooDeep() -> TemplateError {
        failure("expressions lie too deep within each other")
    }

    /// One expression, or several with commas between them: a tuple.
    mutating func tupleOrExpression(
        withConditional: Bool = true, end: String? = nil, inParentheses: Bool = false
    ) throws(TemplateError) -> Node {
        let line = line
        var parts: [Node] = []
        var isTuple = false
        while true {
            if isTupleEnd(end) { break }
            parts.append(withConditional ? try expression() : try or())
            guard skip(.symbol(",")) else { break }
            isTuple = true
        }
        if !isTuple, let only = parts.first { return only }
        guard isTuple || inParentheses else { throw failure("expected an expression, found \(current.inWords)") }
        return try node(.tuple(parts), line, parts: parts)
    }

    private func isTupleEnd(_ end: String?) -> Bool {
        switch current {
        case .variableEnd, .blockEnd, .symbol(")"): true
        case .name(let name): name == end
        default: false
        }
    }

    mutating func expression() throws(TemplateError) -> Node {
        expressionDepth += 1
        defer { expressionDepth -= 1 }
        guard expressionDepth <= Self.nestingMax else { throw tooDeep() }
        let line = line
        let mark = unknown.count
        var result = try or()
        while skip(.name("if")) {
            let test = try or()
            let otherwise = skip(.name("else")) ? try expression() : nil
            forgive(since: mark)
            result = try node(
                .conditional(test: test, then: result, otherwise: otherwise), line, test, result, otherwise)
        }
        return result
    }

    private mutating func or() throws(TemplateError) -> Node {
        var left = try and()
        while case let line = line, skip(.name("or")) {
            let right = try and()
            left = try node(.or(left, right), line, left, right)
        }
        return left
    }

    private mutating func and() throws(TemplateError) -> Node {
        var left = try not()
        while case let line = line, skip(.name("and")) {
            let right = try not()
            left = try node(.and(left, right), line, left, right)
        }
        return left
    }

    private mutating func not() throws(TemplateError) -> Node {
        let line = line
        guard skip(.name("not")) else { return try comparison() }
        expressionDepth += 1
        defer { expressionDepth -= 1 }
        guard expressionDepth <= Self.nestingMax else { throw tooDeep() }
        let operand = try not()
        return try node(.not(operand), line, operand)
    }

    private mutating func comparison() throws(TemplateError) -> Node {
        let line = line
        let first = try sum()
        var rest: [(comparison: Comparison, operand: Node)] = []
        while let comparison = nextComparison() { rest.append((comparison, try sum())) }
        if rest.isEmpty { return first }
        return try node(.comparison(first, rest), line, parts: [first] + rest.map(\.operand))
    }

    private mutating func nextComparison() -> Comparison? {
        if skip(.name("in")) { return .isIn }
        if isName("not"), following == .name("in") {
            advance()
            advance()
            return .isNotIn
        }
        guard case .symbol(let symbol) = current, let comparison = Comparison(rawValue: symbol) else { return nil }
        advance()
        return comparison
    }

    /// Reads operands of one precedence, from left to right.
    private mutating func chain(
        _ operators: Set<Arithmetic>, _ operand: (inout Parser) throws(TemplateError) -> Node
    ) throws(TemplateError) -> Node {
        var left = try operand(&self)
        while case .symbol(let symbol) = current, let kind = Arithmetic(rawValue: symbol), operators.contains(kind) {
            let line = line
            advance()
            let right = try operand(&self)
            left = try node(.arithmetic(kind, left, right), line, left, right)
        }
        return left
    }

    private mutating func sum() throws(TemplateError) -> Node {
        try chain([.add, .subtract]) { parser throws(TemplateError) in try parser.concatenation() }
    }

    private mutating func concatenation() throws(TemplateError) -> Node {
        let line = line
        var parts = [try product()]
        while skip(.symbol("~")) { parts.append(try product()) }
        return parts.count == 1 ? parts[0] : try node(.concatenation(parts), line, parts: parts)
    }

    private mutating func product() throws(TemplateError) -> Node {
        try chain([.multiply, .divide, .divideWhole, .remainder]) { parser throws(TemplateError) in
            try parser.chain([.power]) { parser throws(TemplateError) in try parser.unary() }
        }
    }

    private mutating func unary(withFilters: Bool = true) throws(TemplateError) -> Node {
        let line = line
        var result: Node
        if isSymbol("-") || isSymbol("+") {
            let isNegative = isSymbol("-")
            advance()
            expressionDepth += 1
            defer { expressionDepth -= 1 }
            guard expressionDepth <= Self.nestingMax else { throw tooDeep() }
            let operand = try unary(withFilters: false)
            result = try node(isNegative ? .negative(operand) : .positive(operand), line, operand)
        } else {
            result = try primary()
        }
        result = try postfix(result)
        return withFilters ? try filtersAndTests(result) : result
    }

    private mutating func primary() throws(TemplateError) -> Node {
        let line = line
        switch current {
        case .name(let name):
            advance()
            return try node(named(name), line)
        case .string(var text):
            advance()
            while case .string(let more) = current {
                text += more
                advance()
            }
            return try node(.literal(.string(OriginText(text, .template))), line)
        case .integer(let value):
            advance()
            return try node(.literal(.int(value)), line)
        case .float(let value):
            advance()
            return try node(.literal(.double(value)), line)
        case .symbol("("):
            advance()
            expressionDepth += 1
            defer { expressionDepth -= 1 }
            let inner = try tupleOrExpression(inParentheses: true)
            try expect(.symbol(")"))
            return inner
        case .symbol("["): return try list(line)
        case .symbol("{"): return try dictionary(line)
        default: throw failure("expected an expression, found \(current.inWords)")
        }
    }

    private mutating func named(_ name: String) -> Node.Kind {
        switch name {
        case "true", "True": return .literal(.bool(true))
        case "false", "False": return .literal(.bool(false))
        case "none", "None": return .literal(.none)
        default:
            noteRead(name)
            return .variable(variable(name))
        }
    }

    private mutating func list(_ line: Int) throws(TemplateError) -> Node {
        advance()
        var parts: [Node] = []
        while !isSymbol("]") {
            if !parts.isEmpty { try expect(.symbol(",")) }
            if isSymbol("]") { break }
            parts.append(try expression())
        }
        try expect(.symbol("]"))
        return try node(.list(parts), line, parts: parts)
    }

    private mutating func dictionary(_ line: Int) throws(TemplateError) -> Node {
        advance()
        var members: [(key: Node, value: Node)] = []
        while !isSymbol("}") {
            if !members.isEmpty { try expect(.symbol(",")) }
            if isSymbol("}") { break }
            let key = try expression()
            try expect(.symbol(":"))
            members.append((key, try expression()))
        }
        try expect(.symbol("}"))
        return try node(.dict(members), line, parts: members.flatMap { [$0.key, $0.value] })
    }

    // MARK: What follows a value

    private mutating func postfix(_ start: Node) throws(TemplateError) -> Node {
        var result = start
        while true {
            if isSymbol(".") {
                result = try attribute(of: result)
            } else if isSymbol("[") {
                result = try item(of: result)
            } else if isSymbol("(") {
                result = try call(of: result)
            } else {
                return result
            }
        }
    }

    private mutating func attribute(of owner: Node) throws(TemplateError) -> Node {
        let line = line
        advance()
        switch current {
        case .name(let name):
            advance()
            return try node(.attribute(owner, Attribute(name)), line, owner)
        case .integer(let index):
            advance()
            return try node(.item(owner, try node(.literal(.int(index)), line)), line, owner)
        default: throw failure("expected a name or a number after '.', found \(current.inWords)")
        }
    }

    private mutating func item(of owner: Node) throws(TemplateError) -> Node {
        let line = line
        advance()
        if isSymbol(":") { return try slice(of: owner, from: nil, line) }
        if skip(.symbol("]")) {
            let key = try node(.tuple([]), line)
            return try node(.item(owner, key), line, owner, key)
        }
        let first = try expression()
        if isSymbol(":") { return try slice(of: owner, from: first, line) }
        var parts = [first]
        while skip(.symbol(",")) {
            if isSymbol("]") { break }
            parts.append(try expression())
        }
        try expect(.symbol("]"))
        let key = parts.count == 1 ? first : try node(.tuple(parts), line, parts: parts)
        return try node(.item(owner, key), line, owner, key)
    }

    private mutating func slice(of owner: Node, from start: Node?, _ line: Int) throws(TemplateError) -> Node {
        advance()
        let stop = isSymbol(":") || isSymbol("]") ? nil : try expression()
        var step: Node?
        if skip(.symbol(":")), !isSymbol("]") { step = try expression() }
        try expect(.symbol("]"))
        return try node(.slice(owner, start: start, stop: stop, step: step), line, owner, start, stop, step)
    }

    private mutating func call(of function: Node) throws(TemplateError) -> Node {
        let line = line
        let arguments = try arguments()
        return try node(.call(function, arguments), line, parts: [function] + arguments.nodes)
    }

    private mutating func arguments() throws(TemplateError) -> ArgumentNodes {
        var arguments = ArgumentNodes()
        try expect(.symbol("("))
        var needsComma = false
        while !isSymbol(")") {
            if needsComma {
                try expect(.symbol(","))
                if isSymbol(")") { break }
            }
            try argument(&arguments)
            needsComma = true
        }
        try expect(.symbol(")"))
        return arguments
    }

    private mutating func argument(_ arguments: inout ArgumentNodes) throws(TemplateError) {
        let isFirstOfKind: Bool
        if skip(.symbol("*")) {
            isFirstOfKind = arguments.list == nil && arguments.mapping == nil
            arguments.list = try expression()
        } else if skip(.symbol("**")) {
            isFirstOfKind = arguments.mapping == nil
            arguments.mapping = try expression()
        } else if case .name(let name) = current, following == .symbol("=") {
            isFirstOfKind = arguments.mapping == nil && !arguments.named.contains { $0.name == name }
            advance()
            advance()
            arguments.named.append((name, try expression()))
        } else {
            isFirstOfKind = arguments.list == nil && arguments.mapping == nil && arguments.named.isEmpty
            arguments.positional.append(try expression())
        }
        guard isFirstOfKind else { throw failure("the arguments of the call are in a wrong order, or occur twice") }
    }

    // MARK: Filters and tests

    private mutating func filtersAndTests(_ start: Node) throws(TemplateError) -> Node {
        var result = start
        while true {
            if isSymbol("|") {
                result = try filters(of: result)
            } else if isName("is") {
                result = try test(of: result)
            } else if isSymbol("(") {
                result = try call(of: result)
            } else {
                return result
            }
        }
    }

    /// Reads `|` and a filter, as often as they come.
    mutating func filters(of value: Node, startsInline: Bool = false) throws(TemplateError) -> Node {
        var result = value
        var isInline = startsInline
        while isInline || skip(.symbol("|")) {
            isInline = false
            let line = line
            let name = try dottedName()
            let arguments = isSymbol("(") ? try arguments() : .none
            let parts = [result] + arguments.nodes
            if let filter = Filter(rawValue: Filter.aliases[name] ?? name) {
                result = try node(.filter(result, filter, arguments), line, parts: parts)
            } else {
                result = try node(.unknown(unknownFilter(name, line)), line, parts: parts)
            }
        }
        return result
    }

    private mutating func unknownFilter(_ name: String, _ line: Int) -> String {
        let isJinja = Filter.refused.contains(name)
        let problem = isJinja ? "the filter '\(name)' is not supported" : "no filter named '\(name)'"
        unknown.append((failure(problem, line: line), false))
        return problem
    }

    private mutating func dottedName() throws(TemplateError) -> String {
        var name = try expectName()
        while skip(.symbol(".")) { name += "." + (try expectName()) }
        return name
    }

    private mutating func test(of value: Node) throws(TemplateError) -> Node {
        let line = line
        advance()
        let isNegated = skip(.name("not"))
        let name = try dottedName()
        let arguments = try testArguments()
        let parts = [value] + arguments.nodes
        var result: Node
        if let test = ValueTest(rawValue: ValueTest.aliases[name] ?? name) {
            result = try node(.test(value, test, arguments), line, parts: parts)
        } else {
            let problem = "no test named '\(name)'"
            unknown.append((failure(problem, line: line), false))
            result = try node(.unknown(problem), line, parts: parts)
        }
        if isNegated { result = try node(.not(result), line, result) }
        return result
    }

    private mutating func testArguments() throws(TemplateError) -> ArgumentNodes {
        if isSymbol("(") { return try arguments() }
        switch current {
        case .name("else"), .name("or"), .name("and"): return .none
        case .name("is"): throw failure("a test with 'is' cannot follow another")
        case .name, .string, .integer, .float, .symbol("["), .symbol("{"):
            return ArgumentNodes(positional: [try postfix(try primary())])
        default: return .none
        }
    }
}

extension ArgumentNodes {
    var nodes: [Node] { positional + named.map(\.value) + [list, mapping].compactMap(\.self) }
}
