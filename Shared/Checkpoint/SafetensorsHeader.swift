internal import JSON

/// Where one tensor lies in a safetensors file.
package struct TensorEntry: Equatable, Sendable {
    /// The tensor's name in the file's header.
    package let name: String
    /// As the file spells it: "BF16", "F32", …
    package let elementType: String
    /// Outermost dimension first; empty for a single number.
    package let shape: [Int]
    /// Within the file, header included.
    package let bytes: Range<Int>
}

/// The header of a safetensors file: eight bytes of length, then a JSON object, then the data without holes.
///
/// Every statement of the header is checked against the others and against the file's size before anything is used.
package struct SafetensorsHeader: Sendable {
    /// A third of what the format's own library allows: reading one takes ten times its size in memory.
    package static let byteCountMax = SizeLimits.indexBytes
    static let elementByteCounts: [String: Int] = [
        "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2,
        "U32": 4, "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8, "C64": 8,
    ]
    /// In the order of the data.
    package let tensors: [TensorEntry]
    /// What `__metadata__` says in strings, as the format demands it; what is there of other kinds is left out.
    package let metadata: [String: String]

    init(of file: MappedFile) throws(CheckpointError) {
        guard !FileBytes.isPointer(file.bytes(0 ..< min(file.byteCount, FileBytes.pointerStart.count))) else {
            throw CheckpointError(file: file.name, .pointer(byteCount: file.byteCount))
        }
        guard file.byteCount >= 8 else { throw CheckpointError(file: file.name, .tooShort(byteCount: file.byteCount)) }
        let length = file.bytes(0 ..< 8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(min(file.byteCount - 8, Self.byteCountMax)) else {
            throw CheckpointError(file: file.name, .headerLength(length, fileByteCount: file.byteCount))
        }
        let dataStart = 8 + Int(length)
        try self.init(
            json: file.bytes(8 ..< dataStart), file: file.name, dataStart: dataStart,
            dataByteCount: file.byteCount - dataStart)
    }

    /// Reads the header's JSON.
    ///
    /// - Parameters:
    ///   - file: the name that errors show.
    ///   - dataStart: where the data begins in the file; offsets in the header count from there.
    ///   - dataByteCount: how many bytes of data the file has.
    package init(json: [UInt8], file: String, dataStart: Int, dataByteCount: Int) throws(CheckpointError) {
        var entries: [TensorEntry] = []
        let members = try Self.members(json, file)
        for member in members where member.name != Self.metadataName {
            entries.append(try Self.entry(member, file, dataStart: dataStart))
        }
        metadata = Self.metadata(members)
        // Empty tensors lie at a border: they come before the tensor that begins there.
        entries.sort { ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound) }
        var end = dataStart, previous = ""
        for entry in entries {
            guard entry.bytes.lowerBound >= end else {
                throw CheckpointError(file: file, tensor: entry.name, .overlap(with: previous))
            }
            guard entry.bytes.lowerBound == end else {
                throw CheckpointError(
                    file: file, tensor: entry.name,
                    .hole(begin: end - dataStart, end: entry.bytes.lowerBound - dataStart))
            }
            (end, previous) = (entry.bytes.upperBound, entry.name)
        }
        let promised = end - dataStart
        guard promised <= dataByteCount else {
            throw CheckpointError(file: file, tensor: previous, .truncated(promised: promised, found: dataByteCount))
        }
        guard promised == dataByteCount else {
            throw CheckpointError(file: file, .trailingBytes(dataByteCount - promised))
        }
        tensors = entries
    }

    static let metadataName = "__metadata__"

    private static func metadata(_ members: [JSONValue.Member]) -> [String: String] {
        guard case .object(let pairs)? = JSONValue.object(members)[metadataName] else { return [:] }
        let strings = pairs.compactMap { pair in
            if case .string(let text) = pair.value { (pair.name, text) } else { nil }
        }
        return Dictionary(strings) { _, last in last }
    }

    private static func members(_ json: [UInt8], _ file: String) throws(CheckpointError) -> [JSONValue.Member] {
        let value: JSONValue
        do {
            value = try JSONReader.read(
                json, duplicateNames: .refused, limits: .init(valuesMax: SizeLimits.headerValues))
        } catch {
            if case .duplicateName(let name) = error.problem {
                throw CheckpointError(file: file, tensor: name, .duplicate(alsoIn: file))
            }
            throw CheckpointError(file: file, .notJSON("the header is \(error.inWords)"))
        }
        guard case .object(let members) = value else {
            throw CheckpointError(
                file: file, .malformed(field: "the header", expected: "an object", found: value.inWords))
        }
        switch value[metadataName] {
        case nil, .object: return members
        case let other?:
            throw CheckpointError(
                file: file, .malformed(field: metadataName, expected: "an object", found: other.inWords))
        }
    }

    private static func entry(
        _ member: JSONValue.Member, _ file: String, dataStart: Int
    ) throws(CheckpointError) -> TensorEntry {
        let name = member.name
        func failure(_ reason: CheckpointError.Reason) -> CheckpointError {
            CheckpointError(file: file, tensor: name, reason)
        }
        let fields = member.value
        guard case .object = fields else {
            throw failure(.malformed(field: "the entry", expected: "an object", found: fields.inWords))
        }
        guard case .string(let elementType)? = fields["dtype"] else {
            throw failure(
                .malformed(field: "dtype", expected: "a string", found: fields["dtype"]?.inWords ?? "nothing"))
        }
        guard let elementByteCount = elementByteCounts[elementType] else {
            throw failure(.unknownElementType(elementType))
        }
        func integers(_ field: String) throws(CheckpointError) -> [Int] {
            guard case .array(let elements)? = fields[field] else {
                throw failure(
                    .malformed(field: field, expected: "a list of integers", found: fields[field]?.inWords ?? "nothing")
                )
            }
            var integers: [Int] = []
            for element in elements {
                guard let integer = element.integer else {
                    throw failure(
                        .malformed(field: field, expected: "a list of integers", found: "\(element.inWords) in it"))
                }
                integers.append(integer)
            }
            return integers
        }
        let shape = try integers("shape")
        guard let byteCount = product(shape, elementByteCount) else { throw failure(.shape("\(shape)")) }
        let offsets = try integers("data_offsets")
        guard offsets.count == 2 else {
            throw failure(.malformed(field: "data_offsets", expected: "two integers", found: "\(offsets.count)"))
        }
        let (begin, end) = (offsets[0], offsets[1])
        // Ends near Int.max would overflow once the header's length is added.
        guard begin >= 0, end >= begin, end <= Int.max - dataStart else {
            throw failure(.offsets(begin: begin, end: end))
        }
        guard end - begin == byteCount else {
            throw failure(.byteCount(shapeNeeds: byteCount, offsetsGive: end - begin))
        }
        return TensorEntry(
            name: name, elementType: elementType, shape: shape, bytes: dataStart + begin ..< dataStart + end)
    }

    /// The bytes of a tensor; nil where a dimension is negative or the product too large.
    private static func product(_ shape: [Int], _ elementByteCount: Int) -> Int? {
        var product = elementByteCount
        for size in shape {
            guard size >= 0 else { return nil }
            let (next, overflows) = product.multipliedReportingOverflow(by: size)
            guard !overflows else { return nil }
            product = next
        }
        return product
    }
}
