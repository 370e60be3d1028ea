internal import JSON

extension SafetensorsHeader {
    /// Data begins at a multiple of this, so that rows of usual lengths do not straddle cache lines.
    private static let alignment = 64

    /// What stands before the data of a file with these tensors, in this order and without holes: the length of the
    /// JSON, the JSON, and the spaces behind it that align the data. The JSON begins with the metadata, in the order
    /// given.
    package static func bytes(for tensors: [NewTensor], metadata: [(name: String, value: String)]) -> [UInt8] {
        let pairs = metadata.map { JSONValue.Member(name: $0.name, value: .string($0.value)) }
        var members: [JSONValue.Member] = [.init(name: metadataName, value: .object(pairs))]
        var end = 0
        for tensor in tensors {
            let begin = end
            end += tensor.byteCount
            members.append(
                .init(
                    name: tensor.name,
                    value: [
                        "dtype": .string(tensor.elementType), "shape": .array(tensor.shape.map { .int($0) }),
                        "data_offsets": [.int(begin), .int(end)],
                    ]))
        }
        var json = Array(JSONValue.object(members).text().utf8)
        json += Array(repeating: UInt8(ascii: " "), count: (alignment - (8 + json.count) % alignment) % alignment)
        return (0 ..< 8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) } + json
    }
}
