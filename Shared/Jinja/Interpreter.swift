/// Variables of one part of a template: the whole, a round of a loop, a call of a macro.
final class Scope {
    let parent: Scope?
    private var variables: [(index: Int, value: Value)] = []

    init(parent: Scope?) { self.parent = parent }

    func find(_ index: Int) -> Value? {
        for variable in variables where variable.index == index { return variable.value }
        return parent?.find(index)
    }

    func set(_ index: Int, _ value: Value) {
        for place in variables.indices where variables[place].index == index {
            variables[place].value = value
            return
        }
        variables.append((index, value))
    }

    func removeAll() { variables = [] }
}

/// One rendering of a template: it walks the tree. It lives as long as the rendering, in one task.
final class Interpreter {
    /// How a statement ended.
    enum Flow { case normal, breakLoop, continueLoop }

    let names: [String]
    let now: TemplateTime
    let limits: RenderLimits
    /// The line that runs, for errors.
    var line = 1
    var output = OriginText.empty
    var scope: Scope
    private var captured = OriginText.empty
    private var steps = 0
    /// After how many steps it is looked whether they are too many, or for nothing.
    private var nextLook = 0
    private let isCancelled: () -> Bool
    private var depth = 0
    private let globals: [Value?]
    /// What may hold itself: emptied at the end, lest it live forever.
    private var scopes: [Scope] = []
    private var namespaces: [Namespace] = []
    let loopVariable: Int?

    init(names: [String], now: TemplateTime, limits: RenderLimits, isCancelled: @escaping () -> Bool) {
        self.names = names
        self.now = now
        self.limits = limits
        self.isCancelled = isCancelled
        globals = names.map { name in Global(rawValue: name).map { .function(Function(.global($0))) } }
        loopVariable = names.firstIndex(of: "loop")
        scope = Scope(parent: nil)
    }

    func define(_ index: Int, _ value: Value) { scope.set(index, value) }

    func releaseCycles() {
        for scope in scopes { scope.removeAll() }
        for namespace in namespaces { namespace.attributes = [] }
    }

    func makeNamespace() -> Namespace {
        let namespace = Namespace()
        namespaces.append(namespace)
        return namespace
    }

    // MARK: Limits

    func step(_ count: Int = 1) throws(Problem) {
        steps = Int.saturatingSum(steps, count)
        if steps >= nextLook { try look() }
    }

    private static let stepsBetweenLooks = 4096

    private func look() throws(Problem) {
        if steps > limits.steps { throw .limit("rendering takes more than \(limits.steps) steps") }
        if isCancelled() { throw Problem(kind: .cancelled, text: "nobody wants the result") }
        nextLook = min(Int.saturatingSum(steps, Self.stepsBetweenLooks), Int.saturatingSum(limits.steps, 1))
    }

    /// Counts text that is made or read, in bytes.
    func charge(_ bytes: Int) throws(Problem) {
        if bytes > limits.textBytes { throw .limit("a text is longer than \(limits.textBytes) bytes") }
        try step(bytes >> 4)
    }

    func enter() throws(Problem) {
        depth += 1
        if depth > limits.depth { throw .limit("expressions and calls lie more than \(limits.depth) deep") }
    }

    func leave() { depth -= 1 }

    /// A value that holds others, unless it lies too deep.
    func bounded(_ value: Value) throws(Problem) -> Value {
        if value.depth > limits.valueDepth { throw .limit("values lie more than \(limits.valueDepth) deep") }
        return value
    }

    func list(_ values: [Value]) throws(Problem) -> Value {
        try step(values.count * 8)
        return try bounded(.list(Items(values)))
    }

    func tuple(_ values: [Value]) throws(Problem) -> Value { try bounded(.tuple(Items(values))) }

    func generator(_ values: [Value]) throws(Problem) -> Value {
        try step(values.count * 8)
        return try bounded(.generator(Generator(values)))
    }

    /// What a generator of Python gives. It fails only when it is read as far as the failure.
    func lazily(
        _ fill: (Interpreter, inout [Value]) throws(Problem) -> Void
    ) throws(Problem) -> Value {
        var values: [Value] = []
        var problem: Problem?
        do throws(Problem) {
            try fill(self, &values)
        } catch {
            guard error.kind == .failed else { throw error }
            problem = error
        }
        try step(values.count * 8)
        return try bounded(.generator(Generator(values, problem: problem)))
    }

    func dictionary(_ members: [(key: Value, value: Value)]) throws(Problem) -> Value {
        for member in members where !member.key.isHashable {
            throw .failed("unhashable type: '\(member.key.typeName)'")
        }
        return try dictionary(keys: members.map(\.key), values: members.map(\.value))
    }

    /// A dictionary of keys that are hashable.
    private func dictionary(keys: [Value], values: [Value]) throws(Problem) -> Value {
        try step(Int.saturatingSum(keys.totalWeight, keys.count * 16))
        return try bounded(.dict(Dictionary(keys: keys, values: values)))
    }

    /// A value from outside as the template sees it.
    func value(_ outside: TemplateValue, level: Int = 0) throws(Problem) -> Value {
        if level > limits.valueDepth { throw .limit("values lie more than \(limits.valueDepth) deep") }
        switch outside {
        case .none: return .none
        case .bool(let value): return .bool(value)
        case .int(let value): return .int(value)
        case .bigInt(let digits): return .bigInt(digits)
        case .double(let value): return .double(value)
        case .string(let text): return .string(text)
        case .list(let elements):
            var values: [Value] = []
            values.reserveCapacity(elements.count)
            for element in elements { values.append(try self.value(element, level: level + 1)) }
            return try list(values)
        case .object(let members):
            var keys: [Value] = []
            var values: [Value] = []
            keys.reserveCapacity(members.count)
            values.reserveCapacity(members.count)
            for member in members {
                keys.append(.string(member.name))
                values.append(try value(member.value, level: level + 1))
            }
            return try dictionary(keys: keys, values: values)
        }
    }

    // MARK: Statements

    func write(_ text: OriginText) throws(Problem) {
        try charge(text.count)
        output.append(text)
        if output.count > limits.textBytes { throw .limit("the text is longer than \(limits.textBytes) bytes") }
    }

    func runAll(_ statements: [Statement]) throws(Problem) { _ = try run(statements) }

    func run(_ statements: [Statement]) throws(Problem) -> Flow {
        try enter()
        defer { leave() }
        for statement in statements {
            let flow = try run(statement)
            if flow != .normal { return flow }
        }
        return .normal
    }

    private func run(_ statement: Statement) throws(Problem) -> Flow {
        try step()
        switch statement {
        case .data(let text): try write(text)
        case .output(let node): try write(try text(of: try evaluate(node)))
        case .conditional(let branches, let otherwise): return try runBranches(branches, otherwise)
        case .loop(let loop): return try runLoop(loop)
        case .set(let target, let node): try assign(try evaluate(node), to: target)
        case .setBlock(let target, let filter, let body, let line):
            try runSetBlock(target, filter, body, line)
        case .macro(let macro): defineMacro(macro)
        case .callBlock(let call, let caller): try runCallBlock(call, caller)
        case .filterBlock(let filter, let body):
            let text = try capture(in: Scope(parent: scope)) { interpreter throws(Problem) in
                try interpreter.runAll(body)
            }
            try write(try self.text(of: try filtered(text, filter)))
        case .with(let pairs, let body): return try runWith(pairs, body)
        case .scoped(let body): return try inScope(Scope(parent: scope), body)
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        }
        return .normal
    }

    private func runBranches(
        _ branches: [(test: Node, body: [Statement])], _ otherwise: [Statement]
    ) throws(Problem) -> Flow {
        for branch in branches where try evaluate(branch.test).isTrue { return try run(branch.body) }
        return try run(otherwise)
    }

    private func inScope(_ inner: Scope, _ body: [Statement]) throws(Problem) -> Flow {
        let outer = scope
        scope = inner
        defer { scope = outer }
        return try run(body)
    }

    /// The text that something writes, instead of writing it.
    func capture(
        in inner: Scope, _ body: (Interpreter) throws(Problem) -> Void
    ) throws(Problem) -> OriginText {
        let outer = scope
        let before = output
        scope = inner
        output = .empty
        defer {
            scope = outer
            output = before
        }
        try body(self)
        return output
    }

    private func filtered(_ text: OriginText, _ filter: Node) throws(Problem) -> Value {
        let before = captured
        captured = text
        defer { captured = before }
        return try evaluate(filter)
    }

    private func runSetBlock(
        _ target: Target, _ filter: Node, _ body: [Statement], _ line: Int
    ) throws(Problem) {
        let text = try capture(in: Scope(parent: scope)) { interpreter throws(Problem) in
            try interpreter.runAll(body)
        }
        try assign(try filtered(text, filter), to: target)
    }

    private func runWith(_ pairs: [(target: Target, value: Node)], _ body: [Statement]) throws(Problem) -> Flow {
        let inner = Scope(parent: scope)
        let outer = scope
        for pair in pairs {
            let value = try evaluate(pair.value)
            scope = inner
            defer { scope = outer }
            try assign(value, to: pair.target)
        }
        return try inScope(inner, body)
    }

    private func defineMacro(_ macro: Macro) {
        scopes.append(scope)
        scope.set(macro.variable, .function(Function(.macro(macro, scope))))
    }

    private func runCallBlock(_ call: Node, _ caller: Macro) throws(Problem) {
        guard case .call(let function, let nodes) = call.kind else { return }
        let callee = try evaluate(function)
        var arguments = try evaluate(nodes)
        arguments.named.append(("caller", .function(Function(.macro(caller, scope)))))
        scopes.append(scope)
        line = call.line
        try write(try text(of: try self.call(callee, arguments)))
    }

    func assign(_ value: Value, to target: Target) throws(Problem) {
        switch target {
        case .variable(let index): scope.set(index, value)
        case .attribute(let owner, let name):
            guard case .namespace(let namespace)? = scope.find(owner) else {
                throw .failed("cannot assign attribute '\(name)' on a value that is not a namespace")
            }
            try checkNamespaceName(name)
            namespace.set(name, value)
        case .tuple(let targets):
            let values = try elements(of: value)
            guard values.count == targets.count else {
                throw .failed("expected \(targets.count) values to unpack, found \(values.count)")
            }
            for (target, value) in zip(targets, values) { try assign(value, to: target) }
        }
    }

    func checkNamespaceName(_ name: String) throws(Problem) {
        if name.hasPrefix("_") {
            throw .failed("cannot store the attribute '\(name)', which begins with an underscore")
        }
    }

    // MARK: Loops

    private func runLoop(_ loop: ForLoop) throws(Problem) -> Flow {
        let iterable = try evaluate(loop.iterable)
        return try repeatBody(of: loop, for: iterable, level: 0, in: scope)
    }

    /// The text of a recursive loop's body, repeated for other elements.
    func recur(_ state: Loop, _ value: Value) throws(Problem) -> Value {
        guard let recursion = state.recursion else { throw .failed("the loop is not marked as recursive") }
        let text = try capture(in: recursion.scope) { interpreter throws(Problem) in
            _ = try interpreter.repeatBody(
                of: recursion.loop, for: value, level: state.level + 1, in: recursion.scope)
        }
        return .string(text)
    }

    private func repeatBody(
        of loop: ForLoop, for iterable: Value, level: Int, in outer: Scope
    ) throws(Problem) -> Flow {
        let values = try filteredElements(of: loop, iterable, in: outer)
        let state = Loop(Items(values), level: level, recursion: loop.isRecursive ? (loop, outer) : nil)
        let loopValue = try bounded(.loop(state))
        defer { scope = outer }
        var isElse = true
        var inner = Scope(parent: outer)
        for (index, value) in values.enumerated() {
            try step()
            state.index = index
            if isKnownUniquelyReferenced(&inner) { inner.removeAll() } else { inner = Scope(parent: outer) }
            if let loopVariable { inner.set(loopVariable, loopValue) }
            scope = inner
            try assign(value, to: loop.target)
            let flow = try run(loop.body)
            scope = outer
            // As in jinja2, the else part also runs where break or continue ended every round.
            if flow == .normal { isElse = false }
            if flow == .breakLoop { break }
        }
        if isElse, !loop.otherwise.isEmpty { return try inScope(Scope(parent: outer), loop.otherwise) }
        return .normal
    }

    private func filteredElements(
        of loop: ForLoop, _ iterable: Value, in outer: Scope
    ) throws(Problem) -> [Value] {
        let values = try elements(of: iterable)
        guard let filter = loop.filter else { return values }
        defer { scope = outer }
        var kept: [Value] = []
        for value in values {
            scope = Scope(parent: outer)
            try assign(value, to: loop.target)
            if try evaluate(filter).isTrue { kept.append(value) }
        }
        return kept
    }

    /// What a loop over a value gives.
    func elements(of value: Value) throws(Problem) -> [Value] {
        let values: [Value]
        switch value {
        case .list(let items), .tuple(let items), .view(let items, _): values = items.values
        case .string(let text):
            try charge(text.count * 64)
            values = text.characters.map { .string($0) }
        case .dict(let dictionary): values = dictionary.keys
        case .range(let range): values = range.values
        case .generator(let generator): values = try generator.takeAll()
        case .undefined: values = []
        default: throw .failed("'\(value.typeName)' object is not iterable")
        }
        try step(values.count)
        return values
    }

    // MARK: Expressions

    func evaluate(_ node: Node) throws(Problem) -> Value {
        try enter()
        defer { leave() }
        try step()
        line = node.line
        switch node.kind {
        case .literal(let literal): return literal.value
        case .variable(let index): return variable(index)
        case .captured: return .string(captured)
        case .attribute(let owner, let attribute):
            let owner = try evaluate(owner)
            line = node.line
            return try self.attribute(attribute, of: owner)
        case .item(let owner, let key):
            let owner = try evaluate(owner)
            let key = try evaluate(key)
            line = node.line
            return try item(of: owner, key)
        case .and(let left, let right):
            let left = try evaluate(left)
            return left.isTrue ? try evaluate(right) : left
        case .or(let left, let right):
            let left = try evaluate(left)
            return left.isTrue ? left : try evaluate(right)
        case .not(let operand): return .bool(!(try evaluate(operand).isTrue))
        case .comparison(let first, let rest): return try compare(first, rest)
        case .call(let function, let arguments): return try evaluateCall(function, arguments, node.line)
        case .filter(let value, let filter, let arguments):
            return try evaluateFilter(value, filter, arguments, node.line)
        case .test(let value, let test, let arguments): return try evaluateTest(value, test, arguments, node.line)
        default: return try evaluateOther(node)
        }
    }

    private func evaluateOther(_ node: Node) throws(Problem) -> Value {
        switch node.kind {
        case .list(let parts): return try list(try evaluate(parts))
        case .tuple(let parts): return try tuple(try evaluate(parts))
        case .dict(let members): return try evaluateDictionary(members)
        case .concatenation(let parts): return .string(try concatenate(parts))
        case .arithmetic(let kind, let left, let right):
            let left = try evaluate(left)
            let right = try evaluate(right)
            line = node.line
            return try calculate(kind, left, right)
        case .negative(let operand): return try negative(try evaluate(operand))
        case .positive(let operand): return try positive(try evaluate(operand))
        case .conditional(let test, let then, let otherwise):
            if try evaluate(test).isTrue { return try evaluate(then) }
            if let otherwise { return try evaluate(otherwise) }
            let hint = "the inline if-expression evaluated to false and no else section was defined"
            return .undefined(Undefined(hint: hint))
        case .slice(let owner, let start, let stop, let step):
            return try evaluateSlice(owner, start, stop, step)
        case .unknown(let problem): throw .failed(problem)
        default: return .none
        }
    }

    func variable(_ index: Int) -> Value {
        scope.find(index) ?? globals[index] ?? .undefined(Undefined(names[index], .name))
    }

    func evaluate(_ nodes: [Node]) throws(Problem) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(nodes.count)
        for node in nodes { values.append(try evaluate(node)) }
        return values
    }

    private func evaluateDictionary(_ members: [(key: Node, value: Node)]) throws(Problem) -> Value {
        var pairs: [(key: Value, value: Value)] = []
        for member in members { pairs.append((try evaluate(member.key), try evaluate(member.value))) }
        return try dictionary(pairs)
    }

    private func concatenate(_ parts: [Node]) throws(Problem) -> OriginText {
        var result = OriginText.empty
        for part in parts {
            let text = try text(of: try evaluate(part))
            result.append(text)
            try charge(result.count)
        }
        return result
    }

    private func compare(
        _ first: Node, _ rest: [(comparison: Comparison, operand: Node)]
    ) throws(Problem) -> Value {
        var left = try evaluate(first)
        for (comparison, operand) in rest {
            let right = try evaluate(operand)
            guard try holds(comparison, left, right) else { return .bool(false) }
            left = right
        }
        return .bool(true)
    }

    private func evaluateSlice(_ owner: Node, _ start: Node?, _ stop: Node?, _ step: Node?) throws(Problem) -> Value {
        let owner = try evaluate(owner)
        var bounds: [Value] = []
        for bound in [start, stop, step] {
            if let bound { bounds.append(try evaluate(bound)) } else { bounds.append(.none) }
        }
        return try slice(of: owner, bounds)
    }

    func evaluate(_ nodes: ArgumentNodes) throws(Problem) -> Arguments {
        var arguments = Arguments()
        if nodes.isEmpty { return arguments }
        arguments.positional = try evaluate(nodes.positional)
        for (name, node) in nodes.named { arguments.named.append((name, try evaluate(node))) }
        if let list = nodes.list { arguments.positional += try elements(of: try evaluate(list)) }
        guard let mapping = nodes.mapping else { return arguments }
        let value = try evaluate(mapping)
        guard case .dict(let dictionary) = value else {
            throw .failed("argument after ** must be a mapping, not \(value.typeName)")
        }
        for (key, value) in zip(dictionary.keys, dictionary.values) {
            guard let name = key.text?.string else { throw .failed("keywords must be strings") }
            if arguments.named.contains(where: { $0.name == name }) {
                throw .failed("got multiple values for keyword argument '\(name)'")
            }
            arguments.named.append((name, value))
        }
        try step(dictionary.keys.count)
        return arguments
    }

    private func evaluateCall(_ function: Node, _ nodes: ArgumentNodes, _ line: Int) throws(Problem) -> Value {
        if case .attribute(let owner, let attribute) = function.kind {
            let receiver = try evaluate(owner)
            self.line = line
            if receiver.hasMethod(attribute.name) {
                let arguments = try evaluate(nodes)
                self.line = line
                return try callMethod(attribute.name, of: receiver, arguments)
            }
            let callee = try self.attribute(attribute, of: receiver)
            let arguments = try evaluate(nodes)
            self.line = line
            return try call(callee, arguments)
        }
        let callee = try evaluate(function)
        let arguments = try evaluate(nodes)
        self.line = line
        return try call(callee, arguments)
    }

    private func evaluateFilter(
        _ value: Node, _ filter: Filter, _ nodes: ArgumentNodes, _ line: Int
    ) throws(Problem) -> Value {
        let value = try evaluate(value)
        let arguments = try evaluate(nodes)
        self.line = line
        return try apply(filter, value, arguments)
    }

    private func evaluateTest(
        _ value: Node, _ test: ValueTest, _ nodes: ArgumentNodes, _ line: Int
    ) throws(Problem) -> Value {
        let value = try evaluate(value)
        let arguments = try evaluate(nodes)
        self.line = line
        return .bool(try passes(test, value, arguments))
    }
}

/// The arguments of a call.
struct Arguments {
    var positional: [Value] = []
    var named: [(name: String, value: Value)] = []

    init(_ positional: [Value] = []) { self.positional = positional }

    /// The arguments in the order of a function's parameters; nil for each that is not given.
    func bound(to parameters: [String], of function: String, required: Int = 0) throws(Problem) -> [Value?] {
        guard positional.count <= parameters.count else {
            throw .failed("\(function)() takes at most \(parameters.count) arguments, found \(positional.count)")
        }
        var values: [Value?] = positional
        values += [Value?](repeating: nil, count: parameters.count - positional.count)
        for (name, value) in named {
            guard let place = parameters.firstIndex(of: name) else {
                throw .failed("\(function)() got an unexpected keyword argument '\(name)'")
            }
            guard values[place] == nil else { throw .failed("\(function)() got two values for '\(name)'") }
            values[place] = value
        }
        for place in 0 ..< required where values[place] == nil {
            throw .failed("\(function)() misses its argument '\(parameters[place])'")
        }
        return values
    }
}
