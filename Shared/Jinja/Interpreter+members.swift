// Attributes, items and slices, looked up as jinja2's sandbox does.
extension Value {
    /// Whether the value has a method that a template can call.
    func hasMethod(_ name: String) -> Bool {
        switch self {
        case .string: PythonMethods.ofStrings.contains(name)
        case .dict: PythonMethods.ofDictionaries.contains(name)
        case .list, .tuple, .range: PythonMethods.ofLists.contains(name)
        case .loop: name == "cycle" || name == "changed"
        case .function(let function):
            if case .cycler = function.kind { name == "next" || name == "reset" } else { false }
        default: false
        }
    }

    /// Whether Python's object has an attribute of this name that the sandbox keeps from templates.
    func hasUnsafeMember(_ name: String) -> Bool {
        if name.hasPrefix("__"), name.hasSuffix("__") { return PythonMethods.ofObjects.contains(name) }
        return switch self {
        case .list: PythonMethods.changingLists.contains(name)
        case .dict: PythonMethods.changingDictionaries.contains(name)
        default: false
        }
    }
}

/// Names of attributes of Python's types.
enum PythonMethods {
    static let ofStrings: Set<String> = [
        "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "startswith", "endswith", "replace", "upper",
        "lower",
        "title", "capitalize", "swapcase", "casefold", "find", "rfind", "index", "rindex", "count", "join", "format",
        "isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower", "istitle", "isnumeric", "isdecimal",
        "isascii",
        "isprintable", "isidentifier", "removeprefix", "removesuffix", "zfill", "ljust", "rjust", "center", "partition",
        "rpartition", "expandtabs", "encode", "translate", "maketrans", "format_map",
    ]
    static let ofDictionaries: Set<String> = ["get", "items", "keys", "values", "copy", "fromkeys"]
    static let ofLists: Set<String> = ["count", "index", "copy"]
    static let changingLists: Set<String> = [
        "append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove",
    ]
    static let changingDictionaries: Set<String> = ["clear", "pop", "popitem", "setdefault", "update"]
    static let ofObjects: Set<String> = [
        "__class__", "__init__", "__dir__", "__doc__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__",
        "__hash__",
        "__repr__", "__str__", "__new__", "__format__", "__getattribute__", "__setattr__", "__delattr__", "__reduce__",
        "__reduce_ex__", "__sizeof__", "__subclasshook__", "__init_subclass__", "__len__", "__iter__", "__contains__",
        "__getitem__", "__add__", "__mul__", "__mod__", "__dict__", "__module__", "__globals__", "__code__", "__call__",
    ]
}

extension Interpreter {
    private func missing(_ name: String, of owner: Value) -> Value {
        .undefined(Undefined(name, .member(of: owner.typeName)))
    }

    /// `owner.name`: a method first, then an item.
    func attribute(_ attribute: Attribute, of owner: Value) throws(Problem) -> Value {
        guard case .dict(let dictionary) = owner else {
            return try member(attribute.name, of: owner) ?? missing(attribute.name, of: owner)
        }
        if attribute.isOfDictionaries, let member = try member(attribute.name, of: owner) { return member }
        return dictionary[attribute.key] ?? missing(attribute.name, of: owner)
    }

    /// A method or attribute of Python's object.
    private func member(_ name: String, of owner: Value) throws(Problem) -> Value? {
        switch owner {
        case .undefined(let undefined): if !owner.hasUnsafeMember(name) { throw undefined.problem }
        case .namespace(let namespace): return namespace.get(name)
        case .loop(let loop): if let value = loop.attribute(name) { return value }
        // What groupby gives; a pair of any other kind has these names too, which Python's has not.
        case .tuple(let items) where items.values.count == 2:
            if name == "grouper" { return items.values[0] }
            if name == "list" { return items.values[1] }
        case .function(let function):
            if case .cycler(let cycler) = function.kind, name == "current" {
                return cycler.items.values[cycler.place]
            }
            if case .macro(let macro, _) = function.kind, name == "name" { return .string(macro.name) }
        default: break
        }
        if owner.hasMethod(name) { return try bounded(.function(Function(.method(of: owner, name)))) }
        return owner.hasUnsafeMember(name) ? .undefined(Undefined(name, .unsafe(owner.typeName))) : nil
    }

    /// `owner[key]`: an item first, then a method.
    func item(of owner: Value, _ key: Value) throws(Problem) -> Value {
        switch owner {
        case .undefined(let undefined): throw undefined.problem
        case .dict(let dictionary):
            try step(key.weight)
            if key.isHashable, let value = dictionary[key] { return value }
        case .list(let items), .tuple(let items):
            if let place = place(key, count: items.values.count) { return items.values[place] }
        case .range(let range): if let place = place(key, count: range.count) { return .int(range[place]) }
        case .string(let text): if let character = try character(of: text, key) { return .string(character) }
        default: break
        }
        guard let name = key.text?.string else { return missing(try text(of: key).string, of: owner) }
        return try member(name, of: owner) ?? missing(name, of: owner)
    }

    private func place(_ key: Value, count: Int) -> Int? {
        guard let index = key.integer else { return nil }
        let place = index < 0 ? index + count : index
        return (0 ..< count).contains(place) ? place : nil
    }

    private func character(of text: OriginText, _ key: Value) throws(Problem) -> OriginText? {
        guard let index = key.integer else { return nil }
        try charge(text.count)
        if index < 0 {
            var end = text.count
            var left = index.magnitude
            while end > 0 {
                let start = text.offset(before: end)
                left -= 1
                if left == 0 { return text.slice(start ..< end) }
                end = start
            }
            return nil
        }
        let start = text.offset(of: index)
        return start < text.count ? text.slice(start ..< text.offset(after: start)) : nil
    }

    // MARK: Slices

    func slice(of owner: Value, _ bounds: [Value]) throws(Problem) -> Value {
        var numbers: [Int?] = []
        for bound in bounds {
            if case .undefined(let undefined) = bound { throw undefined.problem }
            guard bound.isNone || bound.integer != nil else {
                throw .failed("slice indices must be integers or None, found '\(bound.typeName)'")
            }
            numbers.append(bound.integer)
        }
        if numbers[2] == 0 { throw .failed("slice step cannot be zero") }
        switch owner {
        case .undefined(let undefined): throw undefined.problem
        case .list(let items): return try list(indexes(numbers, count: items.values.count).map { items.values[$0] })
        case .tuple(let items): return try tuple(indexes(numbers, count: items.values.count).map { items.values[$0] })
        case .range(let range):
            let (start, stop) = self.bounds(numbers, count: range.count)
            let (step, overflows) = range.step.multipliedReportingOverflow(by: numbers[2] ?? 1)
            let count = indexes(numbers, count: range.count).count
            guard !overflows else { throw .limit("the step of a range does not fit in 64 bits") }
            return .range(
                IntegerRange(
                    start: try self.bound(start, of: range), stop: try bound(stop, of: range), step: step, count: count)
            )
        case .string(let text): return .string(try slice(of: text, numbers))
        default: throw .failed("'\(owner.typeName)' object is not subscriptable by slices")
        }
    }

    private func bound(_ index: Int, of range: IntegerRange) throws(Problem) -> Int {
        let (offset, overflows) = index.multipliedReportingOverflow(by: range.step)
        let (bound, overflowsToo) = range.start.addingReportingOverflow(offset)
        guard !overflows, !overflowsToo else { throw .limit("the bound of a range does not fit in 64 bits") }
        return bound
    }

    private func slice(of text: OriginText, _ numbers: [Int?]) throws(Problem) -> OriginText {
        try charge(text.count * 2)
        let length = text.length
        if numbers[2] == nil || numbers[2] == 1 {
            let (start, stop) = bounds(numbers, count: length)
            guard start < stop else { return .empty }
            if length == text.count { return text.slice(start ..< stop) }
            return text.slice(text.offset(of: start) ..< text.offset(of: stop))
        }
        try step(length)
        let characters = text.characters
        var result = OriginText.empty
        for index in indexes(numbers, count: length) { result.append(characters[index]) }
        return result
    }

    /// The bounds of a slice as Python's `slice.indices` gives them.
    private func bounds(_ numbers: [Int?], count: Int) -> (start: Int, stop: Int) {
        let isBackward = (numbers[2] ?? 1) < 0
        let lowest = isBackward ? -1 : 0
        let highest = isBackward ? count - 1 : count
        func clamp(_ number: Int?, _ otherwise: Int) -> Int {
            guard let number else { return otherwise }
            return min(max(number < 0 ? number + count : number, lowest), highest)
        }
        return (clamp(numbers[0], isBackward ? highest : lowest), clamp(numbers[1], isBackward ? lowest : highest))
    }

    private func indexes(_ numbers: [Int?], count: Int) -> [Int] {
        let (start, stop) = bounds(numbers, count: count)
        // A step longer than the whole takes one element, as the longest sensible step does.
        let step = min(max(numbers[2] ?? 1, -count - 1), count + 1)
        return Array(stride(from: start, to: stop, by: step))
    }
}
