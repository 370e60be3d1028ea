import Foundation

extension Interpreter {
    // MARK: Comparing

    func holds(_ comparison: Comparison, _ left: Value, _ right: Value) throws(Problem) -> Bool {
        switch comparison {
        case .equal: return try isEqual(left, right)
        case .notEqual: return !(try isEqual(left, right))
        case .less: return try isLess(left, right, "<")
        case .greater: return try isLess(right, left, ">")
        case .lessOrEqual: return try isLess(left, right, "<=") ? true : isEqual(left, right)
        case .greaterOrEqual: return try isLess(right, left, ">=") ? true : isEqual(left, right)
        case .isIn: return try contains(right, left)
        case .isNotIn: return !(try contains(right, left))
        }
    }

    func isEqual(_ left: Value, _ right: Value) throws(Problem) -> Bool {
        try step(min(left.weight, right.weight))
        return left == right
    }

    func isLess(_ left: Value, _ right: Value, _ symbol: String = "<") throws(Problem) -> Bool {
        switch (left, right) {
        case (.undefined(let undefined), _), (_, .undefined(let undefined)): throw undefined.problem
        case (.string(let left), .string(let right)):
            try charge(min(left.count, right.count))
            return left.bytes.lexicographicallyPrecedes(right.bytes)
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            for (left, right) in zip(left.values, right.values) where !(try isEqual(left, right)) {
                return try isLess(left, right, symbol)
            }
            return left.values.count < right.values.count
        default:
            if let left = left.integer, let right = right.integer { return left < right }
            guard let left = left.number, let right = right.number else {
                let isSwapped = symbol.hasPrefix(">")
                let names = isSwapped ? (right.typeName, left.typeName) : (left.typeName, right.typeName)
                throw .failed("'\(symbol)' not supported between instances of '\(names.0)' and '\(names.1)'")
            }
            return left < right
        }
    }

    func contains(_ container: Value, _ value: Value) throws(Problem) -> Bool {
        switch container {
        case .string(let text):
            guard let part = value.text else {
                throw .failed("'in <string>' requires string as left operand, not \(value.typeName)")
            }
            try charge(text.count)
            return text.find(part) != nil
        case .dict(let dictionary):
            guard value.isHashable else { throw .failed("unhashable type: '\(value.typeName)'") }
            try step(value.weight)
            return dictionary[value] != nil
        case .list, .tuple, .view, .generator, .undefined, .range:
            for element in try elements(of: container) where try isEqual(element, value) { return true }
            return false
        default: throw .failed("argument of type '\(container.typeName)' is not iterable")
        }
    }

    // MARK: Calculating

    func calculate(_ kind: Arithmetic, _ left: Value, _ right: Value) throws(Problem) -> Value {
        if case .undefined(let undefined) = left { throw undefined.problem }
        if kind == .remainder, case .string(let format) = left { return try formatted(format, right) }
        if case .undefined(let undefined) = right { throw undefined.problem }
        switch (kind, left, right) {
        case (.add, .string(var left), .string(let right)):
            try charge(left.count + right.count)
            left.append(right)
            return .string(left)
        case (.add, .list(let left), .list(let right)): return try list(left.values + right.values)
        case (.add, .tuple(let left), .tuple(let right)):
            try step(left.values.count + right.values.count)
            return try tuple(left.values + right.values)
        case (.multiply, .string, _), (.multiply, .list, _), (.multiply, .tuple, _):
            if let count = right.integer { return try repeated(left, count) }
        case (.multiply, _, .string), (.multiply, _, .list), (.multiply, _, .tuple):
            if let count = left.integer { return try repeated(right, count) }
        default:
            if let left = left.integer, let right = right.integer { return try calculate(kind, left, right) }
            if let left = left.number, let right = right.number { return try calculate(kind, left, right) }
        }
        throw .failed(
            "unsupported operand type(s) for \(kind.rawValue): '\(left.typeName)' and '\(right.typeName)'")
    }

    private func repeated(_ value: Value, _ count: Int) throws(Problem) -> Value {
        let count = max(0, count)
        switch value {
        case .string(let text):
            let (bytes, overflows) = text.count.multipliedReportingOverflow(by: count)
            try charge(overflows ? .max : bytes)
            var result = OriginText.empty
            try step(text.isEmpty ? 0 : count)
            if !text.isEmpty { for _ in 0 ..< count { result.append(text) } }
            return .string(result)
        case .list(let items), .tuple(let items):
            let (length, overflows) = items.values.count.multipliedReportingOverflow(by: count)
            try step(overflows || length > limits.steps / 8 ? limits.steps : length * 8)
            let values = items.values.isEmpty ? [] : Array(repeatElement(items.values, count: count).joined())
            if case .list = value { return try list(values) }
            return try tuple(values)
        default: return value
        }
    }

    private func calculate(_ kind: Arithmetic, _ left: Int, _ right: Int) throws(Problem) -> Value {
        let result: (partialValue: Int, overflow: Bool)
        switch kind {
        case .add: result = left.addingReportingOverflow(right)
        case .subtract: result = left.subtractingReportingOverflow(right)
        case .multiply: result = left.multipliedReportingOverflow(by: right)
        case .divide:
            guard right != 0 else { throw .failed("division by zero") }
            return .double(Double(left) / Double(right))
        case .divideWhole, .remainder:
            guard right != 0 else { throw .failed("integer division or modulo by zero") }
            let (quotient, overflows) = left.dividedReportingOverflow(by: right)
            let (remainder, _) = left.remainderReportingOverflow(dividingBy: right)
            let isBetween = remainder != 0 && (remainder < 0) != (right < 0)
            result =
                kind == .remainder
                ? (isBetween ? remainder + right : remainder, false) : (isBetween ? quotient - 1 : quotient, overflows)
        case .power:
            if right < 0 { return try calculate(.power, Double(left), Double(right)) }
            result = power(left, right)
        }
        guard !result.overflow else {
            throw .limit("the result of \(left) \(kind.rawValue) \(right) does not fit in 64 bits")
        }
        return .int(result.partialValue)
    }

    private func power(_ base: Int, _ exponent: Int) -> (partialValue: Int, overflow: Bool) {
        if base == 0 || base == 1 { return (exponent == 0 ? 1 : base, false) }
        if base == -1 { return (exponent.isMultiple(of: 2) ? 1 : -1, false) }
        var result = (partialValue: 1, overflow: false)
        for _ in 0 ..< min(exponent, 64) where !result.overflow {
            result = result.partialValue.multipliedReportingOverflow(by: base)
        }
        return result
    }

    private func calculate(_ kind: Arithmetic, _ left: Double, _ right: Double) throws(Problem) -> Value {
        if right == 0, [.divide, .divideWhole, .remainder].contains(kind) { throw .failed("float division by zero") }
        switch kind {
        case .add: return .double(left + right)
        case .subtract: return .double(left - right)
        case .multiply: return .double(left * right)
        case .divide: return .double(left / right)
        case .divideWhole:
            let remainder = remainder(left, right)
            return .double(((left - remainder) / right).rounded())
        case .remainder: return .double(remainder(left, right))
        case .power:
            if left == 0, right < 0 { throw .failed("0.0 cannot be raised to a negative power") }
            let result = pow(left, right)
            if result.isNaN, !left.isNaN, !right.isNaN { throw .failed("complex numbers are not supported") }
            if result.isInfinite, left.isFinite, right.isFinite { throw .failed("the result of ** is too large") }
            return .double(result)
        }
    }

    /// The remainder with the sign of the divisor.
    private func remainder(_ left: Double, _ right: Double) -> Double {
        let rest = left.truncatingRemainder(dividingBy: right)
        if rest == 0 { return right < 0 ? -0.0 : 0.0 }
        return (rest < 0) == (right < 0) ? rest : rest + right
    }

    func negative(_ value: Value) throws(Problem) -> Value {
        if case .double(let number) = value { return .double(-number) }
        guard let number = value.integer else { throw unaryProblem("-", value) }
        let (result, overflows) = 0.subtractingReportingOverflow(number)
        guard !overflows else { throw .limit("the result of -(\(number)) does not fit in 64 bits") }
        return .int(result)
    }

    func positive(_ value: Value) throws(Problem) -> Value {
        if case .double = value { return value }
        guard let number = value.integer else { throw unaryProblem("+", value) }
        return .int(number)
    }

    private func unaryProblem(_ symbol: String, _ value: Value) -> Problem {
        if case .undefined(let undefined) = value { return undefined.problem }
        return .failed("bad operand type for unary \(symbol): '\(value.typeName)'")
    }
}
