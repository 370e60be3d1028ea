extension Interpreter {
    func call(_ callee: Value, _ arguments: Arguments) throws(Problem) -> Value {
        switch callee {
        case .undefined(let undefined): throw undefined.problem
        case .loop(let loop): return try recur(loop, try arguments.bound(to: ["iterable"], of: "loop", required: 1)[0]!)
        case .function(let function):
            switch function.kind {
            case .global(let global): return try call(global, arguments)
            case .method(let receiver, let name): return try callMethod(name, of: receiver, arguments)
            case .macro(let macro, let scope): return .string(try call(macro, in: scope, arguments))
            case .joiner(let joiner):
                defer { joiner.wasUsed = true }
                return joiner.wasUsed ? joiner.separator : .string(.empty)
            case .cycler: throw .failed("'Cycler' object is not callable")
            }
        default: throw .failed("'\(callee.typeName)' object is not callable")
        }
    }

    // MARK: Macros

    private func call(_ macro: Macro, in outer: Scope, _ arguments: Arguments) throws(Problem) -> OriginText {
        let inner = Scope(parent: outer)
        try enter()
        defer { leave() }
        let line = line
        let text = try capture(in: inner) { interpreter throws(Problem) in
            try interpreter.bind(arguments, to: macro, in: inner)
            try interpreter.runAll(macro.body)
        }
        self.line = line
        return text
    }

    private func bind(_ arguments: Arguments, to macro: Macro, in inner: Scope) throws(Problem) {
        var named = arguments.named
        func take(_ name: String) -> Value? {
            named.firstIndex { $0.name == name }.map { named.remove(at: $0).value }
        }
        for (place, parameter) in macro.parameters.enumerated() {
            let byName = take(parameter.name)
            if place < arguments.positional.count, byName != nil {
                throw .failed("macro '\(macro.name)' got two values for '\(parameter.name)'")
            }
            if let value = place < arguments.positional.count ? arguments.positional[place] : byName {
                inner.set(parameter.variable, value)
            } else if let value = parameter.value {
                inner.set(parameter.variable, try evaluate(value))
            } else {
                let hint = "parameter '\(parameter.name)' was not provided"
                inner.set(parameter.variable, .undefined(Undefined(hint: hint)))
            }
        }
        let caller = take("caller")
        let rest = Array(arguments.positional.dropFirst(macro.parameters.count))
        try bindSpecial(macro, in: inner, caller: caller, positional: rest, named: named)
    }

    private func bindSpecial(
        _ macro: Macro, in inner: Scope, caller: Value?, positional: [Value], named: [(name: String, value: Value)]
    ) throws(Problem) {
        func set(_ name: String, _ value: Value) {
            if let index = names.firstIndex(of: name) { inner.set(index, value) }
        }
        if macro.usesCaller {
            set("caller", caller ?? .undefined(Undefined(hint: "no caller defined")))
        } else if caller != nil {
            throw .failed("macro '\(macro.name)' was invoked with two values for the special caller argument")
        }
        if macro.usesKwargs {
            set("kwargs", try dictionary(named.map { (.string($0.name), $0.value) }))
        } else if let extra = named.first {
            throw .failed("macro '\(macro.name)' takes no keyword argument '\(extra.name)'")
        }
        if macro.usesVarargs {
            set("varargs", try tuple(positional))
        } else if !positional.isEmpty {
            throw .failed("macro '\(macro.name)' takes not more than \(macro.parameters.count) argument(s)")
        }
    }

    // MARK: Functions that every template has

    private func call(_ global: Global, _ arguments: Arguments) throws(Problem) -> Value {
        switch global {
        case .range: return try range(arguments)
        case .dict: return try makeDictionary(arguments)
        case .namespace:
            let namespace = makeNamespace()
            guard case .dict(let members) = try makeDictionary(arguments) else { return .none }
            for (key, value) in zip(members.keys, members.values) {
                let name = try text(of: key).string
                try checkNamespaceName(name)
                namespace.set(name, value)
            }
            return .namespace(namespace)
        case .cycler:
            guard !arguments.positional.isEmpty else { throw .failed("cycler() needs at least one item") }
            return try bounded(.function(Function(.cycler(Cycler(Items(arguments.positional))))))
        case .joiner:
            let separator = try arguments.bound(to: ["sep"], of: "joiner")[0] ?? .string(", ")
            return try bounded(.function(Function(.joiner(Joiner(separator)))))
        case .lipsum: throw .failed("the function lipsum() is not supported")
        case .raiseException:
            let message = try arguments.bound(to: ["message"], of: "raise_exception", required: 1)[0]!
            throw Problem(kind: .raised, text: try text(of: message).string)
        case .strftimeNow:
            let format = try arguments.bound(to: ["format"], of: "strftime_now", required: 1)[0]!
            guard let format = format.text else { throw .failed("strftime_now() expects a string") }
            return .string(OriginText(now.formatted(format.string), format.whole))
        }
    }

    private func range(_ arguments: Arguments) throws(Problem) -> Value {
        guard arguments.named.isEmpty, (1 ... 3).contains(arguments.positional.count) else {
            throw .failed("range() expects 1 to 3 arguments, found \(arguments.positional.count)")
        }
        var numbers: [Int] = []
        for value in arguments.positional {
            guard let number = value.integer else {
                if case .undefined(let undefined) = value { throw undefined.problem }
                throw .failed("'\(value.typeName)' object cannot be interpreted as an integer")
            }
            numbers.append(number)
        }
        let start = numbers.count > 1 ? numbers[0] : 0
        let stop = numbers.count > 1 ? numbers[1] : numbers[0]
        let step = numbers.count > 2 ? numbers[2] : 1
        guard step != 0 else { throw .failed("range() arg 3 must not be zero") }
        guard step > 0 ? start < stop : start > stop else {
            return .range(IntegerRange(start: start, stop: stop, step: step, count: 0))
        }
        let distance = UInt(bitPattern: step > 0 ? stop &- start : start &- stop)
        let count = Int(clamping: (distance - 1) / step.magnitude + 1)
        guard count <= Self.rangeMax else {
            throw .limit("range too big: the sandbox blocks ranges larger than \(Self.rangeMax)")
        }
        return .range(IntegerRange(start: start, stop: stop, step: step, count: count))
    }

    /// As in jinja2's sandbox.
    private static let rangeMax = 100_000

    private func makeDictionary(_ arguments: Arguments) throws(Problem) -> Value {
        var members: [(key: Value, value: Value)] = []
        guard arguments.positional.count <= 1 else {
            throw .failed("dict expected at most 1 argument, found \(arguments.positional.count)")
        }
        if let source = arguments.positional.first { members = try pairs(of: source) }
        members += arguments.named.map { (.string($0.name), $0.value) }
        return try dictionary(members)
    }

    private func pairs(of value: Value) throws(Problem) -> [(key: Value, value: Value)] {
        if case .undefined(let undefined) = value { throw undefined.problem }
        if case .dict(let source) = value { return zip(source.keys, source.values).map { ($0, $1) } }
        var members: [(key: Value, value: Value)] = []
        for pair in try elements(of: value) {
            let parts = try elements(of: pair)
            guard parts.count == 2 else {
                throw .failed("dictionary update sequence element has length \(parts.count); 2 is required")
            }
            members.append((parts[0], parts[1]))
        }
        return members
    }
}
