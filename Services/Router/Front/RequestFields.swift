/// The parameters of a request body, read by name and type. An absent parameter and a null are the same; a wrong one is a 400
/// that names it. Parameters nobody asks for are ignored.
struct RequestFields {
    private let body: JSON

    init(_ bytes: [UInt8]) throws(APIError) {
        do {
            body = try JSONReader.read(bytes)
        } catch {
            throw APIError(message: "The request body is not valid JSON: expected \(error.expected) at byte \(error.offset).", code: "invalid_json")
        }
        guard case .object = body else { throw APIError(message: "The request body must be a JSON object, but is \(body.kind).", code: "invalid_json") }
    }

    /// The value as it came, or nil if absent or null.
    func value(_ name: String) -> JSON? {
        guard let value = body[name], value != .null else { return nil }
        return value
    }

    func bool(_ name: String, default absent: Bool) throws(APIError) -> Bool {
        guard let value = value(name) else { return absent }
        guard case .bool(let bool) = value else { throw .wrongType(name, expected: "a boolean", found: value) }
        return bool
    }

    func string(_ name: String) throws(APIError) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let string) = value else { throw .wrongType(name, expected: "a string", found: value) }
        return string
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let value = value(name) else { return nil }
        return try value.integer(name, in: range)
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(APIError) -> Double? {
        guard let value = value(name) else { return nil }
        return try value.number(name, in: range)
    }

    /// `priority`: low, normal or high. Ours; OpenAI's API has no such field.
    func priority() throws(APIError) -> Priority {
        guard let name = try string("priority") else { return .normal }
        switch name {
        case "low": return .low
        case "normal": return .normal
        case "high": return .high
        default: throw .invalid("priority", "Invalid 'priority': expected 'low', 'normal' or 'high', but got '\(name.prefix(40))' instead.", code: "invalid_value")
        }
    }

    /// A parameter this server knows but cannot act on: refused unless it has one of the `harmless` values.
    func refuse(_ name: String, unless harmless: JSON..., because reason: String) throws(APIError) {
        guard let value = value(name), !harmless.contains(value) else { return }
        throw .notSupported(name, "'\(name)' is not supported: \(reason)")
    }
}

extension JSON {
    /// A whole number in `range`; `2.0` and `1e3` count. Of any size in the text.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int {
        guard case .number(let digits) = self, let decimal = Double(digits), decimal == decimal.rounded(.towardZero) else {
            throw .wrongType(name, expected: "an integer", found: self)
        }
        // Beyond Int, only the sign is left to tell which bound was missed.
        let value = Int(digits) ?? Int(exactly: decimal) ?? (decimal < 0 ? .min : .max)
        if value < range.lowerBound {
            throw .invalid(name, "Invalid '\(name)': integer below minimum value. Expected a value >= \(range.lowerBound), but got \(digits) instead.", code: "integer_below_min_value")
        }
        if value > range.upperBound {
            throw .invalid(name, "Invalid '\(name)': integer above maximum value. Expected a value <= \(range.upperBound), but got \(digits) instead.", code: "integer_above_max_value")
        }
        return value
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(APIError) -> Double {
        guard case .number(let digits) = self, let value = Double(digits) else { throw .wrongType(name, expected: "a decimal", found: self) }
        if value < range.lowerBound {
            throw .invalid(name, "Invalid '\(name)': decimal below minimum value. Expected a value >= \(range.lowerBound), but got \(digits) instead.", code: "decimal_below_min_value")
        }
        if value > range.upperBound {
            throw .invalid(name, "Invalid '\(name)': decimal above maximum value. Expected a value <= \(range.upperBound), but got \(digits) instead.", code: "decimal_above_max_value")
        }
        return value
    }
}
