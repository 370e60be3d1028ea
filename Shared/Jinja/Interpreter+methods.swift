// Methods of Python's types.
extension Interpreter {
    func callMethod(_ name: String, of receiver: Value, _ arguments: Arguments) throws(Problem) -> Value {
        switch receiver {
        case .string(let text):
            try charge(text.count * 2)
            return try callMethod(name, of: text, arguments)
        case .dict(let dictionary): return try callMethod(name, of: dictionary, arguments)
        case .list, .tuple, .range: return try callListMethod(name, of: receiver, arguments)
        case .loop(let loop): return try callMethod(name, of: loop, arguments)
        case .function(let function):
            if case .cycler(let cycler) = function.kind { return callMethod(name, of: cycler) }
        default: break
        }
        throw .failed("'\(receiver.typeName)' object has no method '\(name)'")
    }

    private func callMethod(_ name: String, of cycler: Cycler) -> Value {
        let current = cycler.items.values[cycler.place]
        if name == "reset" {
            cycler.place = 0
            return .none
        }
        cycler.place = (cycler.place + 1) % cycler.items.values.count
        return current
    }

    private func callMethod(_ name: String, of loop: Loop, _ arguments: Arguments) throws(Problem) -> Value {
        let values = arguments.positional
        if name == "changed" {
            try step(values.totalWeight)
            // What changed is kept in the loop, so it may not hold the loop: its depth would have no end.
            for value in values where value.depth > 0 {
                if case .loop = value { throw .failed("a loop cannot watch a loop") }
            }
            return .bool(loop.hasChanged(values))
        }
        guard !values.isEmpty else { throw .failed("no items for cycling given") }
        return values[loop.index % values.count]
    }

    private func callMethod(_ name: String, of dictionary: Dictionary, _ arguments: Arguments) throws(Problem) -> Value
    {
        switch name {
        case "get":
            let given = try arguments.bound(to: ["key", "default"], of: "get", required: 1)
            try step(given[0]!.weight)
            guard given[0]!.isHashable else { throw .failed("unhashable type: '\(given[0]!.typeName)'") }
            return dictionary[given[0]!] ?? given[1] ?? .none
        case "items":
            try step(dictionary.keys.count)
            return try bounded(.view(Items(dictionary.items), of: "dict_items"))
        case "keys": return .view(Items(dictionary.keys), of: "dict_keys")
        case "values": return .view(Items(dictionary.values), of: "dict_values")
        case "copy": return .dict(dictionary)
        default: throw .failed("the method '\(name)' of dictionaries is not supported")
        }
    }

    private func callListMethod(_ name: String, of receiver: Value, _ arguments: Arguments) throws(Problem) -> Value {
        switch name {
        case "copy": return receiver
        case "count":
            let wanted = try arguments.bound(to: ["value"], of: "count", required: 1)[0]!
            var count = 0
            for element in try elements(of: receiver) where try isEqual(element, wanted) { count += 1 }
            return .int(count)
        default:
            let wanted = try arguments.bound(to: ["value"], of: "index", required: 1)[0]!
            for (place, element) in try elements(of: receiver).enumerated() where try isEqual(element, wanted) {
                return .int(place)
            }
            throw .failed("the value is not in the \(receiver.typeName)")
        }
    }

    // MARK: Strings

    private func callMethod(_ name: String, of text: OriginText, _ arguments: Arguments) throws(Problem) -> Value {
        if let plain = plainMethod(name, of: text) {
            _ = try arguments.bound(to: [], of: name)
            return plain
        }
        switch name {
        case "strip": return .string(try strip(text, arguments, left: true, right: true))
        case "lstrip": return .string(try strip(text, arguments, left: true, right: false))
        case "rstrip": return .string(try strip(text, arguments, left: false, right: true))
        case "split", "rsplit": return try split(text, arguments, fromRight: name == "rsplit")
        case "splitlines":
            let keepsEnds = try arguments.bound(to: ["keepends"], of: name)[0]?.isTrue ?? false
            return try list(lines(of: text, keepsEnds: keepsEnds).map { .string($0) })
        case "startswith", "endswith": return .bool(try hasEnd(text, arguments, isPrefix: name == "startswith"))
        case "replace":
            let given = try arguments.bound(to: ["old", "new", "count"], of: name, required: 2)
            return .string(try replace(text, try string(given[0]!, name), try string(given[1]!, name), given[2]))
        case "find", "rfind", "index", "rindex", "count": return .int(try search(text, name, arguments))
        case "join":
            let parts = try elements(of: try arguments.bound(to: ["iterable"], of: name, required: 1)[0]!)
            return .string(try join(parts, by: text))
        case "format": return .string(try format(text, arguments))
        case "removeprefix":
            let prefix = try string(try arguments.bound(to: ["prefix"], of: name, required: 1)[0]!, name)
            return .string(text.hasPrefix(prefix) ? text.slice(prefix.count ..< text.count) : text)
        case "removesuffix":
            let suffix = try string(try arguments.bound(to: ["suffix"], of: name, required: 1)[0]!, name)
            return .string(text.hasSuffix(suffix) ? text.slice(0 ..< text.count - suffix.count) : text)
        case "zfill", "ljust", "rjust", "center": return .string(try pad(text, name, arguments))
        case "partition", "rpartition": return try partition(text, name, arguments)
        default: throw .failed("the method '\(name)' of strings is not supported")
        }
    }

    /// Methods without arguments.
    private func plainMethod(_ name: String, of text: OriginText) -> Value? {
        switch name {
        case "upper": .string(text.uppercased())
        case "lower": .string(text.lowercased())
        case "title": .string(text.titled())
        case "capitalize": .string(text.capitalized())
        case "swapcase": .string(text.swappedCase())
        case "isdigit": .bool(text.all(\.isPythonDigit))
        case "isdecimal": .bool(text.all(\.isPythonDecimal))
        case "isnumeric": .bool(text.all(\.isPythonNumeric))
        case "isalpha": .bool(text.all(\.isPythonAlpha))
        case "isalnum": .bool(text.all(\.isPythonAlphanumeric))
        case "isspace": .bool(text.all(\.isPythonSpace))
        case "isascii": .bool(text.bytes.allSatisfy { $0 < 0x80 })
        case "isprintable": .bool(text.scalars.allSatisfy(\.isPythonPrintable))
        case "isupper": .bool(text.hasOnlyCase(upper: true))
        case "islower": .bool(text.hasOnlyCase(upper: false))
        case "istitle": .bool(text.isTitle)
        default: nil
        }
    }

    func string(_ value: Value, _ function: String) throws(Problem) -> OriginText {
        guard let text = value.text else { throw .failed("\(function)() expects a string, found '\(value.typeName)'") }
        return text
    }

    func strip(_ text: OriginText, _ arguments: Arguments, left: Bool, right: Bool) throws(Problem) -> OriginText {
        let given = try arguments.bound(to: ["chars"], of: "strip")[0] ?? .none
        let characters = given.isNone ? nil : Set(try string(given, "strip").scalars)
        return text.slice(text.strippedRange(characters, right: right, left: left))
    }

    private func hasEnd(_ text: OriginText, _ arguments: Arguments, isPrefix: Bool) throws(Problem) -> Bool {
        let name = isPrefix ? "startswith" : "endswith"
        let given = try arguments.bound(to: ["prefix", "start", "end"], of: name, required: 1)
        let part = text.slice(try byteRange(of: text, given[1], given[2]) ?? 0 ..< 0)
        let candidates = if case .tuple(let items) = given[0]! { items.values } else { [given[0]!] }
        for candidate in candidates {
            let end = try string(candidate, name)
            if isPrefix ? part.hasPrefix(end) : part.hasSuffix(end) { return true }
        }
        return false
    }

    /// The bytes between two positions of characters; nil where the first lies behind the text or the second.
    private func byteRange(of text: OriginText, _ start: Value?, _ end: Value?) throws(Problem) -> Range<Int>? {
        if start == nil, end == nil { return 0 ..< text.count }
        let length = text.length
        func position(_ value: Value?, _ otherwise: Int) throws(Problem) -> Int {
            guard let value, !value.isNone else { return otherwise }
            guard let index = value.integer else { throw .failed("slice indices must be integers or None") }
            return index < 0 ? max(0, index + length) : index
        }
        let first = try position(start, 0)
        let last = min(try position(end, length), length)
        guard first <= last else { return nil }
        return text.offset(of: first) ..< text.offset(of: last)
    }

    private func search(_ text: OriginText, _ name: String, _ arguments: Arguments) throws(Problem) -> Int {
        let given = try arguments.bound(to: ["sub", "start", "end"], of: name, required: 1)
        let part = try string(given[0]!, name)
        let range = try byteRange(of: text, given[1], given[2])
        if name == "count" { return range.map { count(of: part, in: text.slice($0)) } ?? 0 }
        let isLast = name.hasPrefix("r")
        if isLast { try chargeSearch(text, part) }
        let found = range.flatMap {
            isLast
                ? text.findLast(part, from: $0.lowerBound, to: $0.upperBound)
                : text.find(part, from: $0.lowerBound, to: $0.upperBound)
        }
        if let found { return text.index(of: found) }
        if name.hasSuffix("index") { throw .failed("substring not found") }
        return -1
    }

    /// Counts the work of a search from the end, which may look at the whole part at every place.
    private func chargeSearch(_ text: OriginText, _ part: OriginText) throws(Problem) {
        let (work, overflows) = text.count.multipliedReportingOverflow(by: part.count)
        try step(overflows ? limits.steps : work >> 4)
    }

    private func count(of part: OriginText, in text: OriginText) -> Int {
        if part.isEmpty { return text.length + 1 }
        var count = 0
        var start = 0
        while let found = text.find(part, from: start) {
            count += 1
            start = found + part.count
        }
        return count
    }

    private func partition(_ text: OriginText, _ name: String, _ arguments: Arguments) throws(Problem) -> Value {
        let separator = try string(try arguments.bound(to: ["sep"], of: name, required: 1)[0]!, name)
        guard !separator.isEmpty else { throw .failed("empty separator") }
        if name == "rpartition" { try chargeSearch(text, separator) }
        let found = name == "partition" ? text.find(separator) : text.findLast(separator)
        guard let found else {
            let empty = Value.string(.empty)
            return try tuple(name == "partition" ? [.string(text), empty, empty] : [empty, empty, .string(text)])
        }
        let end = found + separator.count
        let parts = [text.slice(0 ..< found), text.slice(found ..< end), text.slice(end ..< text.count)]
        return try tuple(parts.map { .string($0) })
    }

    /// Spaces, zeros or other fill around a text. They are content as soon as the text has any.
    private func pad(_ text: OriginText, _ name: String, _ arguments: Arguments) throws(Problem) -> OriginText {
        let given = try arguments.bound(to: ["width", "fillchar"], of: name, required: 1)
        guard let width = given[0]!.integer else { throw .failed("\(name)() expects an integer") }
        let fill =
            try given[1].map { value throws(Problem) in try string(value, name) }
            ?? OriginText(name == "zfill" ? "0" : " ", .template)
        guard fill.length == 1 else { throw .failed("the fill character must be exactly one character long") }
        let missing = width.subtractingReportingOverflow(text.length)
        let count = missing.overflow ? 0 : max(0, missing.partialValue)
        guard count > 0 else { return text }
        switch name {
        case "ljust": return try padded(text, left: 0, right: count, fill)
        case "rjust": return try padded(text, left: count, right: 0, fill)
        case "zfill":
            let hasSign = text.bytes.first == UInt8(ascii: "-") || text.bytes.first == UInt8(ascii: "+")
            var result = text.slice(0 ..< (hasSign ? 1 : 0))
            result.append(try padded(text.slice(result.count ..< text.count), left: count, right: 0, fill))
            return result
        default: return try centered(text, count, width, fill)
        }
    }

    /// Python puts the odd space to the left when the width is odd.
    func centered(_ text: OriginText, _ missing: Int, _ width: Int, _ fill: OriginText) throws(Problem) -> OriginText {
        let left = missing / 2 + (missing & width & 1)
        return try padded(text, left: left, right: missing - left, fill)
    }

    func padded(_ text: OriginText, left: Int, right: Int, _ fill: OriginText) throws(Problem) -> OriginText {
        let (bytes, overflows) = (left + right).multipliedReportingOverflow(by: fill.count)
        try charge(overflows ? .max : bytes)
        let origin = text.whole == .content ? TextOrigin.content : fill.whole
        func filling(_ count: Int) -> OriginText {
            OriginText(bytes: Array(repeatElement(fill.bytes, count: count).joined()), origin)
        }
        var result = filling(left)
        result.append(text)
        result.append(filling(right))
        return result
    }

    // MARK: Splitting, joining, replacing

    private func split(_ text: OriginText, _ arguments: Arguments, fromRight: Bool) throws(Problem) -> Value {
        let given = try arguments.bound(to: ["sep", "maxsplit"], of: "split")
        let separator = given[0] ?? .none
        guard let most = (given[1] ?? .int(-1)).integer else { throw .failed("split() expects an integer as maxsplit") }
        let limit = most < 0 ? Int.max : most
        var parts: [OriginText]
        if separator.isNone {
            parts = fromRight ? splitAtSpaceFromRight(text, limit) : splitAtSpace(text, limit)
        } else {
            let separator = try string(separator, "split")
            guard !separator.isEmpty else { throw .failed("empty separator") }
            if fromRight { try chargeSearch(text, separator) }
            parts = fromRight ? splitFromRight(text, separator, limit) : splitFromLeft(text, separator, limit)
        }
        try step(parts.count)
        return try list(parts.map { .string($0) })
    }

    private func splitFromLeft(_ text: OriginText, _ separator: OriginText, _ limit: Int) -> [OriginText] {
        var parts: [OriginText] = []
        var start = 0
        while parts.count < limit, let found = text.find(separator, from: start) {
            parts.append(text.slice(start ..< found))
            start = found + separator.count
        }
        return parts + [text.slice(start ..< text.count)]
    }

    private func splitFromRight(_ text: OriginText, _ separator: OriginText, _ limit: Int) -> [OriginText] {
        var parts: [OriginText] = []
        var end = text.count
        while parts.count < limit, let found = text.findLast(separator, to: end) {
            parts.append(text.slice(found + separator.count ..< end))
            end = found
        }
        return (parts + [text.slice(0 ..< end)]).reversed()
    }

    private func splitAtSpace(_ text: OriginText, _ limit: Int) -> [OriginText] {
        var parts: [OriginText] = []
        var place = 0
        while true {
            while place < text.count, text.scalar(at: place).isPythonSpace { place = text.offset(after: place) }
            guard place < text.count else { return parts }
            if parts.count == limit {
                return parts + [text.slice(place ..< text.count)]
            }
            let start = place
            while place < text.count, !text.scalar(at: place).isPythonSpace { place = text.offset(after: place) }
            parts.append(text.slice(start ..< place))
        }
    }

    private func splitAtSpaceFromRight(_ text: OriginText, _ limit: Int) -> [OriginText] {
        var parts: [OriginText] = []
        var end = text.count
        while true {
            end = text.slice(0 ..< end).strippedRange(nil, left: false).upperBound
            guard end > 0 else { return parts.reversed() }
            if parts.count == limit {
                return (parts + [text.slice(0 ..< end)]).reversed()
            }
            var start = end
            while start > 0, case let before = text.offset(before: start), !text.scalar(at: before).isPythonSpace {
                start = before
            }
            parts.append(text.slice(start ..< end))
            end = start
        }
    }

    func lines(of text: OriginText, keepsEnds: Bool) -> [OriginText] {
        var lines: [OriginText] = []
        var start = 0
        var place = 0
        while place < text.count {
            let next = text.offset(after: place)
            guard text.scalar(at: place).isPythonLineBreak else {
                place = next
                continue
            }
            let isPair = text.bytes[place] == 13 && next < text.count && text.bytes[next] == 10
            let end = isPair ? next + 1 : next
            lines.append(text.slice(start ..< (keepsEnds ? end : place)))
            start = end
            place = end
        }
        if start < text.count { lines.append(text.slice(start ..< text.count)) }
        return lines
    }

    func join(_ parts: [Value], by separator: OriginText) throws(Problem) -> OriginText {
        var result = OriginText.empty
        for (place, part) in parts.enumerated() {
            guard let text = part.text else {
                throw .failed("sequence item \(place): expected str instance, \(part.typeName) found")
            }
            if place > 0 { result.append(separator) }
            result.append(text)
            try charge(text.count + separator.count)
            if result.count > limits.textBytes { try charge(result.count) }
        }
        return result
    }

    /// Replaces a part of a text wherever it stands. What takes the place of content is content.
    func replace(
        _ text: OriginText, _ old: OriginText, _ new: OriginText, _ count: Value?
    ) throws(Problem) -> OriginText {
        guard let most = (count ?? .int(-1)).integer else { throw .failed("replace() expects an integer as count") }
        try charge(text.count)
        let asContent = OriginText(bytes: new.bytes, .content)
        var result = OriginText.empty
        var left = most < 0 ? Int.max : most
        var start = 0
        while left > 0, let found = text.find(old, from: start) {
            let end = found + old.count
            let around = old.isEmpty ? text : text.slice(found ..< end)
            result.append(text.slice(start ..< found))
            result.append(around.whole == .content ? asContent : new)
            try charge(result.count > limits.textBytes ? result.count : new.count)
            left -= 1
            if old.isEmpty {
                guard found < text.count else { return result }
                let next = text.offset(after: found)
                result.append(text.slice(found ..< next))
                start = next
            } else {
                start = end
            }
        }
        result.append(text.slice(start ..< text.count))
        return result
    }
}
