/// The filters of jinja2 that templates can use.
enum Filter: String, Sendable {
    case abs, attr, batch, capitalize, center, `default`, dictsort, escape, first, float, format, groupby, indent, int
    case items, join, last, length, list, lower, map, max, min, reject, rejectattr, replace, reverse, round, safe,
        select
    case selectattr, slice, sort, string, sum, title, tojson, trim, truncate, unique, upper, urlencode, wordcount

    static let aliases = ["d": "default", "e": "escape", "count": "length", "forceescape": "escape"]

    /// Filters of jinja2 that we do not have.
    static let refused: Set<String> = [
        "filesizeformat", "pprint", "random", "striptags", "urlize", "wordwrap", "xmlattr",
    ]
}

/// The tests of jinja2: what may follow `is`.
enum ValueTest: String, Sendable {
    case boolean, callable, defined, divisibleby, equal, escaped, even, `false`, filter, float, `in`, integer, iterable
    case greater, greaterOrEqual, less, lessOrEqual, notEqual
    case lower, mapping, none, number, odd, sameas, sequence, string, test, `true`, undefined, upper

    static let aliases = [
        "==": "equal", "eq": "equal", "equalto": "equal", "!=": "notEqual", "ne": "notEqual", ">": "greater",
        "gt": "greater",
        "greaterthan": "greater", ">=": "greaterOrEqual", "ge": "greaterOrEqual", "<": "less", "lt": "less",
        "lessthan": "less", "<=": "lessOrEqual", "le": "lessOrEqual",
        // Names of ours, which are none of jinja2's.
        "equal": "", "notEqual": "", "greater": "", "greaterOrEqual": "", "less": "", "lessOrEqual": "",
    ]
}

extension Interpreter {
    func passes(_ test: ValueTest, _ value: Value, _ arguments: Arguments) throws(Problem) -> Bool {
        switch test {
        case .equal, .notEqual, .greater, .greaterOrEqual, .less, .lessOrEqual, .in, .sameas, .divisibleby:
            let other = try arguments.bound(to: ["other"], of: test.rawValue, required: 1)[0]!
            return try passes(test, value, other)
        default: break
        }
        _ = try arguments.bound(to: [], of: test.rawValue)
        switch test {
        case .odd, .even:
            let rest = try calculate(.remainder, value, .int(2))
            return try isEqual(rest, .int(test == .odd ? 1 : 0))
        case .lower: return try text(of: value).hasOnlyCase(upper: false)
        case .upper: return try text(of: value).hasOnlyCase(upper: true)
        case .filter: return value.text.map { Filter(rawValue: Filter.aliases[$0.string] ?? $0.string) != nil } ?? false
        case .test:
            return value.text.map { ValueTest(rawValue: ValueTest.aliases[$0.string] ?? $0.string) != nil } ?? false
        default: return value.isOf(test)
        }
    }

    private func passes(_ test: ValueTest, _ value: Value, _ other: Value) throws(Problem) -> Bool {
        switch test {
        case .notEqual: return try holds(.notEqual, value, other)
        case .greater: return try holds(.greater, value, other)
        case .greaterOrEqual: return try holds(.greaterOrEqual, value, other)
        case .less: return try holds(.less, value, other)
        case .lessOrEqual: return try holds(.lessOrEqual, value, other)
        case .in: return try contains(other, value)
        case .sameas: return value.typeName == other.typeName ? try isEqual(value, other) : false
        case .divisibleby: return try isEqual(try calculate(.remainder, value, other), .int(0))
        default: return try isEqual(value, other)
        }
    }

    func test(named name: Value) throws(Problem) -> ValueTest {
        let name = try text(of: name).string
        guard let test = ValueTest(rawValue: ValueTest.aliases[name] ?? name) else {
            throw .failed("no test named '\(name)'")
        }
        return test
    }
}

extension Value {
    /// Whether the value is of a kind that a test without arguments asks for.
    fileprivate func isOf(_ test: ValueTest) -> Bool {
        switch (test, self) {
        case (.defined, _): !isUndefined
        case (.undefined, _): isUndefined
        case (.none, _): isNone
        case (.boolean, .bool), (.integer, .int), (.integer, .bigInt), (.float, .double), (.string, .string): true
        case (.true, .bool(let value)): value
        case (.false, .bool(let value)): !value
        case (.number, .int), (.number, .bigInt), (.number, .double), (.number, .bool), (.mapping, .dict): true
        case (.sequence, .string), (.sequence, .list), (.sequence, .tuple), (.sequence, .range), (.sequence, .dict):
            true
        case (.sequence, .undefined), (.iterable, .undefined), (.callable, .undefined): true
        case (.iterable, .string), (.iterable, .list), (.iterable, .tuple), (.iterable, .range), (.iterable, .dict):
            true
        case (.iterable, .view), (.iterable, .generator), (.iterable, .loop): true
        case (.callable, .function(let function)): if case .cycler = function.kind { false } else { true }
        case (.callable, .loop): true
        default: false
        }
    }
}
