/// An expression of a template's tree, and its line.
final class Node: Sendable {
    let kind: Kind
    let line: Int
    /// How deep expressions lie within this one.
    let depth: Int

    init(_ kind: Kind, line: Int, depth: Int) {
        self.kind = kind
        self.line = line
        self.depth = depth
    }

    enum Kind: Sendable {
        case literal(Literal)
        case variable(Int)
        /// The text of the block that a filter block or a `set` block filters.
        case captured
        case list([Node])
        case tuple([Node])
        case dict([(key: Node, value: Node)])
        case concatenation([Node])
        case arithmetic(Arithmetic, Node, Node)
        case negative(Node)
        case positive(Node)
        case not(Node)
        case and(Node, Node)
        case or(Node, Node)
        case comparison(Node, [(comparison: Comparison, operand: Node)])
        case conditional(test: Node, then: Node, otherwise: Node?)
        case attribute(Node, Attribute)
        case item(Node, Node)
        case slice(Node, start: Node?, stop: Node?, step: Node?)
        case call(Node, ArgumentNodes)
        case filter(Node, Filter, ArgumentNodes)
        case test(Node, ValueTest, ArgumentNodes)
        /// A filter or test that nobody knows, in a branch that may never run.
        case unknown(String)
    }
}

/// The name behind a dot.
struct Attribute: Sendable {
    let name: String
    /// The same as a key of a dictionary.
    let key: OriginText
    /// Whether Python's dictionaries have an attribute of this name, which then hides a key.
    let isOfDictionaries: Bool

    init(_ name: String) {
        self.name = name
        key = OriginText(name, .template)
        isOfDictionaries =
            PythonMethods.ofDictionaries.contains(name) || PythonMethods.changingDictionaries.contains(name)
            || PythonMethods.ofObjects.contains(name)
    }
}

enum Literal: Sendable {
    case none
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(OriginText)

    var value: Value {
        switch self {
        case .none: .none
        case .bool(let value): .bool(value)
        case .int(let value): .int(value)
        case .double(let value): .double(value)
        case .string(let text): .string(text)
        }
    }
}

enum Arithmetic: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case divideWhole = "//"
    case remainder = "%"
    case power = "**"
}

enum Comparison: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case isIn = "in"
    case isNotIn = "not in"
}

/// The arguments of a call as they stand in the template.
struct ArgumentNodes: Sendable {
    var positional: [Node] = []
    var named: [(name: String, value: Node)] = []
    /// The operands of `*` and `**`.
    var list: Node?
    var mapping: Node?

    static let none = ArgumentNodes()
    var isEmpty: Bool { positional.isEmpty && named.isEmpty && list == nil && mapping == nil }
}

/// Where `set` and `for` put a value. Variables are numbers, by which the template's list of names finds them.
indirect enum Target: Sendable {
    case variable(Int)
    case attribute(of: Int, String)
    case tuple([Target])
}

/// What stands between tags, or a tag with what belongs to it.
enum Statement: Sendable {
    case data(OriginText)
    case output(Node)
    case conditional([(test: Node, body: [Statement])], otherwise: [Statement])
    case loop(ForLoop)
    case set(Target, Node)
    case setBlock(Target, filter: Node, body: [Statement], line: Int)
    case macro(Macro)
    case callBlock(call: Node, caller: Macro)
    case filterBlock(Node, body: [Statement])
    case with([(target: Target, value: Node)], body: [Statement])
    case scoped([Statement])
    case breakLoop, continueLoop
}

final class ForLoop: Sendable {
    let target: Target
    let iterable: Node
    let filter: Node?
    let isRecursive: Bool
    let body: [Statement]
    let otherwise: [Statement]

    init(
        target: Target, iterable: Node, filter: Node?, isRecursive: Bool, body: [Statement], otherwise: [Statement]
    ) {
        self.target = target
        self.iterable = iterable
        self.filter = filter
        self.isRecursive = isRecursive
        self.body = body
        self.otherwise = otherwise
    }
}

final class Macro: Sendable {
    let name: String
    let variable: Int
    let parameters: [(name: String, variable: Int, value: Node?)]
    let body: [Statement]
    let line: Int
    /// Whether the body names `caller`, `varargs` or `kwargs`, and so takes such arguments.
    let usesCaller: Bool, usesVarargs: Bool, usesKwargs: Bool

    init(
        name: String, variable: Int, parameters: [(name: String, variable: Int, value: Node?)], body: [Statement],
        line: Int, named: Set<String>
    ) {
        self.name = name
        self.variable = variable
        self.parameters = parameters
        self.body = body
        self.line = line
        usesCaller = named.contains("caller")
        usesVarargs = named.contains("varargs")
        usesKwargs = named.contains("kwargs")
    }
}
