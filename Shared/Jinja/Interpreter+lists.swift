// Filters that read or make lists.
extension Interpreter {
    func applyToList(_ filter: Filter, _ value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        switch filter {
        case .first: return try first(of: value, arguments)
        case .last: return try last(of: value, arguments)
        case .list:
            _ = try arguments.bound(to: [], of: "list")
            return try list(try elements(of: value))
        case .items:
            _ = try arguments.bound(to: [], of: "items")
            if value.isUndefined { return try generator([]) }
            guard case .dict(let dictionary) = value else { throw .failed("can only get item pairs from a mapping") }
            return try generator(dictionary.items)
        case .join: return .string(try joined(value, arguments))
        case .reverse:
            _ = try arguments.bound(to: [], of: "reverse")
            return try reversed(value)
        case .map: return try mapped(value, arguments)
        case .select, .reject:
            return try selected(value, arguments, byAttribute: false, keeps: filter == .select)
        case .selectattr, .rejectattr:
            return try selected(value, arguments, byAttribute: true, keeps: filter == .selectattr)
        case .sort: return try sorted(value, arguments)
        case .dictsort: return try sortedMembers(value, arguments)
        case .unique: return try unique(value, arguments)
        case .sum: return try sum(value, arguments)
        case .min, .max: return try extreme(value, arguments, isMaximum: filter == .max)
        case .batch: return try batches(value, arguments)
        case .slice: return try slices(value, arguments)
        default: return try groups(value, arguments)
        }
    }

    private func first(of value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        _ = try arguments.bound(to: [], of: "first")
        if case .generator(let generator) = value, let first = try generator.takeFirst() { return first }
        if case .string(let text) = value, !text.isEmpty { return .string(text.slice(0 ..< text.offset(after: 0))) }
        return try elements(of: value).first ?? .undefined(Undefined(hint: "no first item, sequence was empty"))
    }

    private func last(of value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        _ = try arguments.bound(to: [], of: "last")
        if case .generator = value { throw .failed("'generator' object is not reversible") }
        if case .string(let text) = value, !text.isEmpty {
            return .string(text.slice(text.offset(before: text.count) ..< text.count))
        }
        return try elements(of: value).last ?? .undefined(Undefined(hint: "no last item, sequence was empty"))
    }

    private func joined(_ value: Value, _ arguments: Arguments) throws(Problem) -> OriginText {
        let given = try arguments.bound(to: ["d", "attribute"], of: "join")
        let separator = try given[0].map { value throws(Problem) in try text(of: value) } ?? .empty
        var parts: [Value] = []
        for element in try elements(of: value) {
            let part = try key(of: element, given[1])
            parts.append(.string(try text(of: part)))
        }
        return try join(parts, by: separator)
    }

    private func reversed(_ value: Value) throws(Problem) -> Value {
        guard case .string(let text) = value else { return try generator(try elements(of: value).reversed()) }
        try step(text.count)
        var result = OriginText.empty
        for character in text.characters.reversed() { result.append(character) }
        return .string(result)
    }

    // MARK: Attributes

    /// What an attribute such as `function.name` or `0.name` gives of an element; the element where none is given.
    private func key(of element: Value, _ attribute: Value?, default: Value? = nil) throws(Problem) -> Value {
        guard let attribute, !attribute.isNone else { return element }
        if attribute.integer != nil { return defaulted(try item(of: element, attribute), `default`) }
        let path = try text(of: attribute).string
        var result = element
        for part in path.split(separator: ".", omittingEmptySubsequences: false) {
            let isIndex = !part.isEmpty && part.utf8.allSatisfy { (0x30 ... 0x39).contains($0) }
            let key = isIndex ? Int(part).map { Value.int($0) } : nil
            result = defaulted(try item(of: result, key ?? .string(String(part))), `default`)
        }
        return result
    }

    private func defaulted(_ value: Value, _ otherwise: Value?) -> Value {
        if value.isUndefined, let otherwise, !otherwise.isNone { return otherwise }
        return value
    }

    private func ignoringCase(_ value: Value) -> Value { value.text.map { .string($0.lowercased()) } ?? value }

    // What is false in Python, such as None, counts as empty for the filters that map and select.

    private func mapped(_ value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        try lazily { interpreter, results throws(Problem) in
            guard value.isTrue else { return }
            var arguments = arguments
            if arguments.positional.isEmpty, let place = arguments.named.firstIndex(where: { $0.name == "attribute" }) {
                let attribute = arguments.named.remove(at: place).value
                let otherwise = try arguments.bound(to: ["default"], of: "map")[0]
                for element in try interpreter.elements(of: value) {
                    results.append(try interpreter.key(of: element, attribute, default: otherwise))
                }
                return
            }
            guard !arguments.positional.isEmpty else { throw .failed("map requires a filter argument") }
            let name = arguments.positional.removeFirst()
            for element in try interpreter.elements(of: value) {
                results.append(try interpreter.apply(name, element, arguments))
            }
        }
    }

    private func selected(
        _ value: Value, _ arguments: Arguments, byAttribute: Bool, keeps: Bool
    ) throws(Problem) -> Value {
        try lazily { interpreter, kept throws(Problem) in
            guard value.isTrue else { return }
            var rest = arguments
            if byAttribute, rest.positional.isEmpty { throw .failed("missing parameter for attribute name") }
            let attribute = byAttribute ? rest.positional.removeFirst() : nil
            let test = try rest.positional.isEmpty ? nil : interpreter.test(named: rest.positional.removeFirst())
            for element in try interpreter.elements(of: value) {
                let tested = try interpreter.key(of: element, attribute)
                let passes =
                    if let test { try interpreter.passes(test, tested, rest) } else { tested.isTrue }
                if passes == keeps { kept.append(element) }
            }
        }
    }

    // MARK: Order

    private func sorted(_ value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        let given = try arguments.bound(to: ["reverse", "case_sensitive", "attribute"], of: "sort")
        let isSensitive = given[1]?.isTrue ?? false
        var pairs: [(key: Value, value: Value)] = []
        for element in try elements(of: value) {
            pairs.append((try sortKey(of: element, given[2], isSensitive: isSensitive), element))
        }
        let reverse = given[0]?.isTrue ?? false
        return try list(try sorted(pairs, reverse: reverse) { (pair) in pair.key }.map(\.value))
    }

    /// What an element is sorted by: the list of its attributes, whose equal values are not compared by size, so that
    /// values that have no order may be equal.
    private func sortKey(of element: Value, _ attribute: Value?, isSensitive: Bool) throws(Problem) -> Value {
        var keys: [Value] = []
        if let path = attribute?.text?.string, path.contains(",") {
            for part in path.split(separator: ",", omittingEmptySubsequences: false) {
                keys.append(try key(of: element, .string(String(part))))
            }
        } else {
            keys = [try key(of: element, attribute)]
        }
        return try tuple(isSensitive ? keys : keys.map(ignoringCase))
    }

    private func sortedMembers(_ value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        let given = try arguments.bound(to: ["case_sensitive", "by", "reverse"], of: "dictsort")
        if case .undefined(let undefined) = value { throw undefined.problem }
        guard case .dict(let dictionary) = value else {
            throw .failed("'\(value.typeName)' object has no attribute 'items'")
        }
        let by = try given[1].map { value throws(Problem) in try text(of: value).string } ?? "key"
        guard by == "key" || by == "value" else { throw .failed("you can only sort by either \"key\" or \"value\"") }
        let isSensitive = given[0]?.isTrue ?? false
        let pairs = zip(dictionary.keys, dictionary.values).map { key, value in
            let sortKey = by == "key" ? key : value
            return (sortKey: isSensitive ? sortKey : ignoringCase(sortKey), member: (key, value))
        }
        let ordered = try sorted(pairs, reverse: given[2]?.isTrue ?? false) { (pair) in pair.sortKey }
        return try list(ordered.map { .tuple(Items([$0.member.0, $0.member.1])) })
    }

    private func unique(_ value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        let given = try arguments.bound(to: ["case_sensitive", "attribute"], of: "unique")
        let isSensitive = given[0]?.isTrue ?? false
        return try lazily { interpreter, kept throws(Problem) in
            var seen: Set<Value> = []
            for element in try interpreter.elements(of: value) {
                let key = try interpreter.key(of: element, given[1])
                guard key.isHashable else { throw .failed("unhashable type: '\(key.typeName)'") }
                try interpreter.step(key.weight)
                if seen.insert(isSensitive ? key : interpreter.ignoringCase(key)).inserted { kept.append(element) }
            }
        }
    }

    private func sum(_ value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        let given = try arguments.bound(to: ["attribute", "start"], of: "sum")
        var total = given[1] ?? .int(0)
        for element in try elements(of: value) { total = try calculate(.add, total, try key(of: element, given[0])) }
        return total
    }

    private func extreme(_ value: Value, _ arguments: Arguments, isMaximum: Bool) throws(Problem) -> Value {
        let given = try arguments.bound(to: ["case_sensitive", "attribute"], of: isMaximum ? "max" : "min")
        let isSensitive = given[0]?.isTrue ?? false
        var best: (key: Value, value: Value)?
        for element in try elements(of: value) {
            let key = try key(of: element, given[1])
            let compared = isSensitive ? key : ignoringCase(key)
            guard let current = best else {
                best = (compared, element)
                continue
            }
            let isBetter = isMaximum ? try isLess(current.key, compared) : try isLess(compared, current.key)
            if isBetter { best = (compared, element) }
        }
        return best?.value ?? .undefined(Undefined(hint: "no aggregated item, sequence was empty"))
    }

    // MARK: Lists of lists

    private func batches(_ value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        let given = try arguments.bound(to: ["linecount", "fill_with"], of: "batch", required: 1)
        let size = given[0]!.number ?? -1
        var batches: [[Value]] = []
        var batch: [Value] = []
        for element in try elements(of: value) {
            if Double(batch.count) == size {
                batches.append(batch)
                batch = []
            }
            batch.append(element)
        }
        if !batch.isEmpty {
            if let fill = given[1], !fill.isNone, let size = given[0]!.integer, batch.count < size {
                try step(size - batch.count)
                batch += Array(repeating: fill, count: size - batch.count)
            }
            batches.append(batch)
        }
        return try generator(batches.map { .list(Items($0)) })
    }

    private func slices(_ value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        let given = try arguments.bound(to: ["slices", "fill_with"], of: "slice", required: 1)
        guard let count = given[0]!.integer else { throw .failed("slice expects an integer") }
        let values = try elements(of: value)
        guard count != 0 else { throw .failed("integer division or modulo by zero") }
        guard count > 0 else { return try generator([]) }
        try step(count)
        let (size, extra) = values.count.quotientAndRemainder(dividingBy: count)
        var slices: [Value] = []
        var start = 0
        for place in 0 ..< count {
            let end = start + size + (place < extra ? 1 : 0)
            var slice = Array(values[start ..< end])
            if let fill = given[1], !fill.isNone, place >= extra { slice.append(fill) }
            slices.append(.list(Items(slice)))
            start = end
        }
        return try generator(slices)
    }

    private func groups(_ value: Value, _ arguments: Arguments) throws(Problem) -> Value {
        let given = try arguments.bound(to: ["attribute", "default", "case_sensitive"], of: "groupby", required: 1)
        let isSensitive = given[2]?.isTrue ?? false
        var pairs: [(key: Value, name: Value, value: Value)] = []
        for element in try elements(of: value) {
            let name = try key(of: element, given[0], default: given[1])
            pairs.append((isSensitive ? name : ignoringCase(name), name, element))
        }
        var groups: [(key: Value, name: Value, values: [Value])] = []
        for pair in try sorted(pairs, by: { (pair) in pair.key }) {
            if let last = groups.last, try isEqual(last.key, pair.key) {
                groups[groups.count - 1].values.append(pair.value)
            } else {
                groups.append((pair.key, pair.name, [pair.value]))
            }
        }
        return try list(groups.map { .tuple(Items([$0.name, .list(Items($0.values))])) })
    }
}
