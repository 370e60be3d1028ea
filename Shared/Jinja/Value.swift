/// A value while a template runs: what Python's objects are to jinja2.
enum Value {
    case undefined(Undefined)
    case none
    case bool(Bool)
    case int(Int)
    /// An integer beyond 64 bits, by its digits.
    case bigInt(String)
    case double(Double)
    case string(OriginText)
    case list(Items)
    case tuple(Items)
    case range(IntegerRange)
    case dict(Dictionary)
    /// The keys, values or members of a dictionary, as its methods give them.
    case view(Items, of: String)
    /// What filters such as `map` give: to be read once, without a length.
    case generator(Generator)
    case namespace(Namespace)
    case loop(Loop)
    case function(Function)

    static func string(_ text: String, _ origin: TextOrigin = .template) -> Value { .string(OriginText(text, origin)) }
}

/// What stands for a value that is not there. It renders to nothing, and fails when something is done with it.
final class Undefined {
    enum Reason {
        case name
        case member(of: String)
        case hint(String)
        case unsafe(String)
    }
    let name: String
    let reason: Reason

    init(_ name: String, _ reason: Reason) {
        self.name = name
        self.reason = reason
    }

    convenience init(hint: String) { self.init("", .hint(hint)) }

    var problem: Problem {
        switch reason {
        case .name: .failed("'\(name)' is undefined")
        case .member(let owner): .failed("'\(owner) object' has no attribute '\(name)'")
        case .hint(let hint): .failed(hint)
        case .unsafe(let owner): .failed("access to attribute '\(name)' of '\(owner)' object is unsafe")
        }
    }
}

/// The elements of a list or tuple, and what is known of all that they hold, since the same list can stand in others
/// so often that nobody could walk through them.
struct Items {
    let values: [Value]
    /// How deep lists and objects lie within each other.
    let depth: Int
    /// About how many steps it takes to compare or show all.
    let weight: Int
    let isHashable: Bool

    init(_ values: [Value]) {
        self.values = values
        depth = 1 + (values.lazy.map(\.depth).max() ?? 0)
        weight = values.totalWeight
        isHashable = values.allSatisfy(\.isHashable)
    }
}

extension [Value] {
    var totalWeight: Int { reduce(count) { Int.saturatingSum($0, $1.weight) } }
}

extension Int {
    static func saturatingSum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflows) = left.addingReportingOverflow(right)
        return overflows ? .max : sum
    }
}

/// A dictionary that keeps the order of its keys and never changes.
final class Dictionary {
    let keys: [Value]
    let values: [Value]
    let depth: Int
    let weight: Int
    /// Where each key is; only kept where a search through all would be slow.
    private let index: [Value: Int]

    /// Of equal keys the last value counts, at the place of the first. Every key is hashable.
    init(keys: [Value], values: [Value]) {
        var index: [Value: Int] = [:]
        var repeated: [Int] = []
        if keys.count > Self.linearMax {
            for (place, key) in keys.enumerated() {
                if index[key] == nil { index[key] = place } else { repeated.append(place) }
            }
        } else {
            repeated = keys.indices.filter { place in keys[..<place].contains(keys[place]) }
        }
        if repeated.isEmpty {
            (self.keys, self.values, self.index) = (keys, values, index)
        } else {
            (self.keys, self.values, self.index) = Self.merged(keys, values)
        }
        depth = 1 + self.values.reduce(0) { max($0, $1.depth) }
        weight = Int.saturatingSum(self.keys.totalWeight, self.values.totalWeight)
    }

    private static func merged(
        _ keys: [Value], _ values: [Value]
    ) -> (keys: [Value], values: [Value], index: [Value: Int]) {
        var result = (keys: [Value](), values: [Value](), index: [Value: Int]())
        for (key, value) in zip(keys, values) {
            if let known = result.index[key] {
                result.values[known] = value
            } else {
                result.index[key] = result.keys.count
                result.keys.append(key)
                result.values.append(value)
            }
        }
        return result
    }

    private static let linearMax = 8

    subscript(_ key: Value) -> Value? {
        if index.isEmpty { return keys.firstIndex(of: key).map { values[$0] } }
        return index[key].map { values[$0] }
    }

    /// The value of a name, in the common small case without making a value of it.
    subscript(_ name: OriginText) -> Value? {
        if !index.isEmpty { return self[.string(name)] }
        for (place, key) in keys.enumerated() {
            if case .string(let text) = key, text == name { return values[place] }
        }
        return nil
    }

    var items: [Value] { zip(keys, values).map { .tuple(Items([$0, $1])) } }
}

/// What Python's `range` gives.
struct IntegerRange: Equatable {
    let start: Int, stop: Int, step: Int, count: Int

    /// Elements fit in 64 bits, though what leads to them may not.
    subscript(_ index: Int) -> Int { start &+ index &* step }
    var values: [Value] { (0 ..< count).map { .int(self[$0]) } }
}

/// Elements that can be read once, and the failure behind the last, if making more of them failed.
final class Generator {
    private let items: Items
    private let problem: Problem?
    private var next = 0
    var depth: Int { items.depth }

    init(_ values: [Value], problem: Problem? = nil) {
        items = Items(values)
        self.problem = problem
    }

    func takeAll() throws(Problem) -> [Value] {
        let rest = next == 0 ? items.values : Array(items.values.dropFirst(next))
        try finish()
        return rest
    }

    func takeFirst() throws(Problem) -> Value? {
        guard next < items.values.count else {
            try finish()
            return nil
        }
        defer { next += 1 }
        return items.values[next]
    }

    /// A generator of Python that has failed is empty from then on.
    private func finish() throws(Problem) {
        let isFirstTime = next <= items.values.count
        next = items.values.count + 1
        if isFirstTime, let problem { throw problem }
    }
}

/// What `namespace()` makes: the only value whose attributes a template can set.
final class Namespace {
    var attributes: [(name: String, value: Value)] = []

    func set(_ name: String, _ value: Value) {
        if let index = attributes.firstIndex(where: { $0.name == name }) {
            attributes[index].value = value
        } else {
            attributes.append((name, value))
        }
    }

    func get(_ name: String) -> Value? { attributes.first { $0.name == name }?.value }
}

/// The variable `loop` of a `for`.
final class Loop {
    let items: Items
    /// How many loops of a recursive `for` lie around this one.
    let level: Int
    /// Repeats the loop's body for other elements; nil where the `for` is not recursive.
    let recursion: (loop: ForLoop, scope: Scope)?
    var index = 0
    private var changed: [Value]?

    init(_ items: Items, level: Int, recursion: (loop: ForLoop, scope: Scope)?) {
        self.items = items
        self.level = level
        self.recursion = recursion
    }

    func hasChanged(_ values: [Value]) -> Bool {
        if let changed, changed == values { return false }
        changed = values
        return true
    }

    func attribute(_ name: String) -> Value? {
        let count = items.values.count
        switch name {
        case "index": return .int(index + 1)
        case "index0": return .int(index)
        case "first": return .bool(index == 0)
        case "last": return .bool(index + 1 == count)
        case "length": return .int(count)
        case "revindex": return .int(count - index)
        case "revindex0": return .int(count - index - 1)
        case "depth": return .int(level + 1)
        case "depth0": return .int(level)
        case "previtem":
            return index > 0 ? items.values[index - 1] : .undefined(Undefined(hint: "there is no previous item"))
        case "nextitem":
            return index + 1 < count ? items.values[index + 1] : .undefined(Undefined(hint: "there is no next item"))
        default: return nil
        }
    }
}

/// Something that can be called.
final class Function {
    enum Kind {
        case global(Global)
        case method(of: Value, String)
        case macro(Macro, Scope)
        case cycler(Cycler)
        case joiner(Joiner)
    }
    let kind: Kind
    init(_ kind: Kind) { self.kind = kind }
}

/// What `cycler()` makes.
final class Cycler {
    let items: Items
    var place = 0
    init(_ items: Items) { self.items = items }
}

/// What `joiner()` makes.
final class Joiner {
    let separator: Value
    var wasUsed = false
    init(_ separator: Value) { self.separator = separator }
}

/// Functions that every template can call.
enum Global: String, CaseIterable {
    case range, dict, namespace, cycler, joiner, lipsum
    case raiseException = "raise_exception"
    case strftimeNow = "strftime_now"
}

extension Value {
    /// How deep lists and objects lie within each other in the value.
    var depth: Int {
        switch self {
        case .list(let items), .tuple(let items), .view(let items, _): items.depth
        case .dict(let dictionary): dictionary.depth
        case .generator(let generator): generator.depth
        case .loop(let loop): loop.items.depth + 1
        case .function(let function):
            switch function.kind {
            case .method(let receiver, _): receiver.depth + 1
            case .cycler(let cycler): cycler.items.depth + 1
            case .joiner(let joiner): joiner.separator.depth + 1
            case .global, .macro: 0
            }
        default: 0
        }
    }

    /// About how many steps it takes to compare or show the value.
    var weight: Int {
        switch self {
        case .string(let text): text.count >> 6
        case .list(let items), .tuple(let items), .view(let items, _): items.weight
        case .dict(let dictionary): dictionary.weight
        default: 0
        }
    }

    /// Python's name of the type.
    var typeName: String {
        switch self {
        case .undefined: "jinja2.runtime.Undefined"
        case .none: "None"
        case .bool: "bool"
        case .int, .bigInt: "int"
        case .double: "float"
        case .string: "str"
        case .list: "list"
        case .tuple: "tuple"
        case .range: "range"
        case .dict: "dict"
        case .view(_, let kind): kind
        case .generator: "generator"
        case .namespace: "namespace"
        case .loop: "loop"
        case .function: "function"
        }
    }

    /// Whether Python takes the value for true.
    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .bigInt, .generator, .namespace, .function: true
        case .double(let value): value != 0
        case .string(let text): !text.isEmpty
        case .list(let items), .tuple(let items), .view(let items, _): !items.values.isEmpty
        case .range(let range): range.count > 0
        case .dict(let dictionary): !dictionary.keys.isEmpty
        case .loop(let loop): !loop.items.values.isEmpty
        }
    }

    /// An integer, for Python also what is true or false.
    var integer: Int? {
        switch self {
        case .int(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    var number: Double? { if case .double(let value) = self { value } else { integer.map(Double.init) } }

    var text: OriginText? { if case .string(let text) = self { text } else { nil } }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }
    var isNone: Bool { if case .none = self { true } else { false } }

    var isCollection: Bool {
        switch self {
        case .list, .tuple, .dict, .range, .view, .generator: true
        default: false
        }
    }

    /// Whether Python could use the value as a key.
    var isHashable: Bool {
        switch self {
        case .list, .dict, .view: false
        case .tuple(let items): items.isHashable
        default: true
        }
    }
}

// Equality as in Python: numbers by what they are worth, lists element by element, others by identity.
extension Value: Hashable {
    static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.string(let left), .string(let right)): return left == right
        case (.none, .none), (.undefined, .undefined): return true
        case (.bigInt(let left), .bigInt(let right)): return left == right
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            return left.values == right.values
        case (.range(let left), .range(let right)):
            return left.count == right.count && (left.count == 0 || left.start == right.start)
                && (left.count < 2 || left.step == right.step)
        case (.dict(let left), .dict(let right)):
            guard left.keys.count == right.keys.count else { return false }
            return zip(left.keys, left.values).allSatisfy { right[$0] == $1 }
        case (.view(let left, let leftKind), .view(let right, let rightKind)):
            return leftKind == rightKind && left.values == right.values
        case (.generator(let left), .generator(let right)): return left === right
        case (.namespace(let left), .namespace(let right)): return left === right
        case (.loop(let left), .loop(let right)): return left === right
        case (.function(let left), .function(let right)): return left === right
        default:
            if let left = left.integer, let right = right.integer { return left == right }
            // Of an integer and a double, exactly as their hashes.
            if let left = left.integer, let right = right.number { return Int(exactly: right) == left }
            if let left = left.number, let right = right.integer { return Int(exactly: left) == right }
            guard let left = left.number, let right = right.number else { return false }
            return left == right
        }
    }

    func hash(into hasher: inout Hasher) {
        switch self {
        case .string(let text): hasher.combine(text)
        case .bool, .int: hasher.combine(integer)
        case .double(let value):
            if let whole = Int(exactly: value) { hasher.combine(whole as Int?) } else { hasher.combine(value) }
        case .tuple(let items): for item in items.values { item.hash(into: &hasher) }
        case .bigInt(let digits): hasher.combine(digits)
        case .namespace(let namespace): hasher.combine(ObjectIdentifier(namespace))
        case .function(let function): hasher.combine(ObjectIdentifier(function))
        default: hasher.combine(typeName)
        }
    }
}
