internal import JSON

/// Strings that end an answer, as a request brings them.
enum StopStrings {
    static let countMax = 16
    /// Of each, in Unicode scalars: far more than any marker needs.
    static let lengthMax = 256

    /// - Parameter parameter: what the client calls them.
    static func read(_ fields: RequestFields, named parameter: String = "stop") throws(APIError) -> StopPatterns {
        switch fields.value(parameter) {
        case nil: return StopPatterns([])
        case .string(let stop): return StopPatterns([try checked(.string(stop), name: parameter, lengthMax)])
        case .array(let elements):
            return StopPatterns(
                try list(elements, named: parameter, countMax: countMax, lengthMax: lengthMax))
        case .some(let other): throw .wrongType(parameter, expected: "a string or an array of strings", found: other)
        }
    }

    /// Strings that are neither empty nor too long, and not too many.
    static func list(
        _ elements: [JSONValue], named parameter: String, countMax: Int, lengthMax: Int
    ) throws(APIError) -> [String] {
        guard elements.count <= countMax else {
            let message =
                """
                Invalid '\(parameter)': array too long. Expected at most \(countMax) strings, but got \
                \(elements.count) instead.
                """
            throw .invalid(parameter, message, code: "array_above_max_length")
        }
        var strings: [String] = []
        for (index, element) in elements.enumerated() {
            strings.append(try checked(element, name: "\(parameter)[\(index)]", lengthMax))
        }
        return strings
    }

    private static func checked(_ value: JSONValue, name: String, _ lengthMax: Int) throws(APIError) -> String {
        guard case .string(let stop) = value else { throw .wrongType(name, expected: "a string", found: value) }
        guard !stop.isEmpty else {
            throw .invalid(name, "Invalid '\(name)': expected a string that is not empty.", code: "empty_string")
        }
        let length = stop.unicodeScalars.count
        guard length <= lengthMax else {
            let message =
                """
                Invalid '\(name)': string too long. Expected at most \(lengthMax) characters, but got \(length) \
                instead.
                """
            throw .invalid(name, message, code: "string_above_max_length")
        }
        return stop
    }
}
