internal import JSON

/// The fields of one JSON object of a configuration, read by name with their types checked.
///
/// `null` counts as absent, as in the Python originals. Where several names are given, the first one present counts.
struct ConfigFields {
    let file: String
    /// What stands before a field's name in messages: "" or "text_config.".
    let path: String
    private let object: JSONValue

    init(json: [UInt8], file: String) throws(ConfigError) {
        let value: JSONValue
        do { value = try JSONReader.read(json, duplicateNames: .refused) } catch {
            throw ConfigError(file: file, field: nil, reason: .notJSON(error.inWords))
        }
        guard case .object = value else {
            throw ConfigError(file: file, field: nil, reason: .type(expected: "an object", found: value.inWords))
        }
        self.init(file: file, path: "", object: value)
    }

    private init(file: String, path: String, object: JSONValue) {
        self.file = file
        self.path = path
        self.object = object
    }

    func error(_ field: String, _ reason: ConfigError.Reason) -> ConfigError {
        ConfigError(file: file, field: path + field, reason: reason)
    }

    /// The first of `names` that has a value, with that value.
    func first(_ names: [String]) -> (name: String, value: JSONValue)? {
        for name in names {
            if let value = object[name], value != .null { return (name, value) }
        }
        return nil
    }

    func has(_ name: String) -> Bool { first([name]) != nil }

    /// Whether the file spells the field out, be it as null.
    func mentions(_ name: String) -> Bool { object[name] != nil }

    func integer(_ names: String..., within range: ClosedRange<Int>) throws(ConfigError) -> Int? {
        guard let (name, value) = first(names) else { return nil }
        return try integer(value, name, within: range)
    }

    func integer(_ value: JSONValue, _ name: String, within range: ClosedRange<Int>) throws(ConfigError) -> Int {
        guard let number = value.wholeNumber else {
            throw error(name, .type(expected: "an integer", found: value.inWords))
        }
        guard range.contains(number) else {
            throw error(name, .value(needs: "\(range.lowerBound) to \(range.upperBound)", found: "\(number)"))
        }
        return number
    }

    /// One integer, or a list of them; `isList` tells which.
    func integers(_ name: String, within range: ClosedRange<Int>) throws(ConfigError) -> (values: [Int], isList: Bool)?
    {
        guard let (_, value) = first([name]) else { return nil }
        guard case .array(let elements) = value else { return ([try integer(value, name, within: range)], false) }
        var values: [Int] = []
        for (index, element) in elements.enumerated() {
            values.append(try integer(element, "\(name)[\(index)]", within: range))
        }
        return (values, true)
    }

    /// A finite number.
    func number(_ names: String...) throws(ConfigError) -> Double? {
        guard let (name, value) = first(names) else { return nil }
        guard let number = value.double else { throw error(name, .type(expected: "a number", found: value.inWords)) }
        guard number.isFinite else { throw error(name, .value(needs: "finite", found: "\(number)")) }
        return number
    }

    func flag(_ name: String) throws(ConfigError) -> Bool? {
        guard let (_, value) = first([name]) else { return nil }
        guard case .bool(let flag) = value else {
            throw error(name, .type(expected: "true or false", found: value.inWords))
        }
        return flag
    }

    func string(_ names: String...) throws(ConfigError) -> String? {
        guard let (name, value) = first(names) else { return nil }
        guard case .string(let text) = value else {
            throw error(name, .type(expected: "a string", found: value.inWords))
        }
        return text
    }

    func strings(_ name: String) throws(ConfigError) -> [String]? {
        guard let elements = try list(name, of: "strings") else { return nil }
        var texts: [String] = []
        for (index, element) in elements.enumerated() {
            guard case .string(let text) = element else {
                throw error("\(name)[\(index)]", .type(expected: "a string", found: element.inWords))
            }
            texts.append(text)
        }
        return texts
    }

    func list(_ name: String, of kind: String) throws(ConfigError) -> [JSONValue]? {
        guard let (_, value) = first([name]) else { return nil }
        guard case .array(let elements) = value else {
            throw error(name, .type(expected: "a list of \(kind)", found: value.inWords))
        }
        return elements
    }

    func fields(_ name: String) throws(ConfigError) -> ConfigFields? {
        guard let (_, value) = first([name]) else { return nil }
        guard case .object = value else { throw error(name, .type(expected: "an object", found: value.inWords)) }
        return ConfigFields(file: file, path: "\(path)\(name).", object: value)
    }
}
