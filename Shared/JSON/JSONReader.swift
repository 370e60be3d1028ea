/// Reads one JSON text (RFC 8259) from bytes. Strict where a lenient reader would change the meaning: valid UTF-8, no
/// lone surrogates, no NaN, nothing behind the value. Bounded in depth, so brackets cannot overflow the stack, and in
/// numbers.
package struct JSONReader {
    /// Whether an object that has a name twice is kept as it is or is an error.
    package enum DuplicateNames { case kept, refused }
    /// How many arrays and objects may lie within each other.
    package static let depthMax = 128
    /// What a text may hold. Its length in bytes is its sender's or owner's business.
    package struct Limits: Sendable {
        /// Values of any kind, members' values included.
        let valuesMax: Int
        /// Members of all objects together.
        let membersMax: Int

        /// Sets how many values and members a text may have; by default 16.8 million values, and any members.
        package init(valuesMax: Int = 16 << 20, membersMax: Int = .max) {
            self.valuesMax = valuesMax
            self.membersMax = membersMax
        }

        /// For files, whose vocabularies and indexes are large objects.
        package static let file = Limits()
        /// For requests that may name so many token ids. A conversation of a hundred thousand messages has fewer
        /// members, and other values.
        package static func request(ids: Int) -> Limits {
            Limits(valuesMax: max(1 << 20, min(ids, 15 << 20)) + (1 << 20), membersMax: 1 << 20)
        }
    }

    let bytes: [UInt8]
    var offset = 0
    private let refusesDuplicates: Bool
    private let limits: Limits
    private var depth = 0
    private var values = 0
    private var members = 0

    /// - Parameter duplicateNames: what to do with an object that has a name twice; kept, both members are in the
    ///   value.
    package static func read(
        _ bytes: [UInt8], duplicateNames: DuplicateNames = .kept, limits: Limits = .file
    ) throws(JSONError) -> JSONValue {
        var reader = JSONReader(bytes: bytes, refusesDuplicates: duplicateNames == .refused, limits: limits)
        let value = try reader.value()
        reader.skipSpace()
        guard reader.offset == bytes.count else { throw reader.expected("the end of the text") }
        return value
    }

    private init(bytes: [UInt8], refusesDuplicates: Bool, limits: Limits) {
        self.bytes = bytes
        self.refusesDuplicates = refusesDuplicates
        self.limits = limits
    }

    func expected(_ what: String) -> JSONError { JSONError(offset: offset, problem: .expected(what)) }

    /// The byte at the cursor; 0, which begins nothing in JSON, at the end.
    var current: UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    private mutating func skipSpace() {
        while current == 0x20 || current == 0x0A || current == 0x0D || current == 0x09 { offset += 1 }
    }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: scalar) else { return false }
        offset += 1
        return true
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        skipSpace()
        values += 1
        guard values <= limits.valuesMax else {
            throw JSONError(offset: offset, problem: .tooManyValues(limits.valuesMax))
        }
        switch current {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard bytes[offset...].starts(with: text.utf8) else { throw expected("a value") }
        offset += text.utf8.count
        return value
    }

    private mutating func enter() throws(JSONError) {
        depth += 1
        guard depth <= Self.depthMax else { throw JSONError(offset: offset, problem: .tooDeep) }
        offset += 1        // the bracket
        skipSpace()
    }

    private mutating func object() throws(JSONError) -> [JSONValue.Member] {
        try enter()
        defer { depth -= 1 }
        var members: [JSONValue.Member] = []
        var names = ExactNames()
        if take("}") { return members }
        while true {
            skipSpace()
            let start = offset
            self.members += 1
            guard self.members <= limits.membersMax else {
                throw JSONError(offset: offset, problem: .tooManyMembers(limits.membersMax))
            }
            guard current == UInt8(ascii: "\"") else { throw expected("a name in quotes") }
            let name = try string()
            if refusesDuplicates, !names.isNew(name, after: members) {
                throw JSONError(offset: start, problem: .duplicateName(name))
            }
            skipSpace()
            guard take(":") else { throw expected("a colon") }
            members.append(JSONValue.Member(name: name, value: try value()))
            skipSpace()
            if take("}") { return members }
            guard take(",") else { throw expected("a comma or }") }
        }
    }

    private mutating func array() throws(JSONError) -> [JSONValue] {
        try enter()
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        if take("]") { return elements }
        while true {
            elements.append(try value())
            skipSpace()
            if take("]") { return elements }
            guard take(",") else { throw expected("a comma or ]") }
        }
    }

    private mutating func digits(or what: String = "a digit") throws(JSONError) {
        let start = offset
        while (UInt8(ascii: "0") ... UInt8(ascii: "9")).contains(current) { offset += 1 }
        guard offset > start else { throw expected(what) }
    }

    private mutating func number() throws(JSONError) -> String {
        let start = offset
        let isNegative = take("-")
        if !take("0") { try digits(or: isNegative ? "a digit" : "a value") }        // a leading zero stands alone
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return String(decoding: bytes[start ..< offset], as: UTF8.self)
    }
}
