internal import JSON

/// A tensor that is to be written: how it is called, and how large it is.
package struct NewTensor: Sendable, Equatable {
    /// The tensor's name in the file's header and in the index.
    package let name: String
    /// As safetensors spells it: "BF16", "F32", …
    package let elementType: String
    /// Outermost dimension first; empty for a single number.
    package let shape: [Int]
    /// Bytes of the data alone: the product of the shape times the size of one element.
    package let byteCount: Int

    /// Of a type that safetensors knows; any other stops the program.
    package init(name: String, elementType: String, shape: [Int]) {
        guard let elementByteCount = SafetensorsHeader.elementByteCounts[elementType] else {
            preconditionFailure("tensor \(name) of the unknown dtype \(elementType)")
        }
        self.name = name
        self.elementType = elementType
        self.shape = shape
        byteCount = shape.reduce(elementByteCount, *)
    }
}

/// How the tensors of a new checkpoint are spread over its weight files: all is known before the first byte is written.
package struct ShardPlan: Sendable {
    /// One weight file: its header, then the data of its tensors without holes.
    package struct Shard: Sendable, Equatable {
        /// Name without a folder, such as "model-00001-of-00003.safetensors".
        package let file: String
        /// In the order in which their data lies in the file.
        package let tensors: [NewTensor]
        /// Length, JSON and the spaces behind it that align the data.
        let header: [UInt8]

        init(file: String, tensors: [NewTensor]) {
            self.file = file
            self.tensors = tensors
            header = SafetensorsHeader.bytes(for: tensors, metadata: [("format", "pt")])
        }

        /// Bytes of the whole file, header included.
        package var byteCount: Int { tensors.reduce(header.count) { $0 + $1.byteCount } }
    }
    /// The weight files in the order of their numbers; their tensors follow each other in the order given.
    package let shards: [Shard]

    /// Files of at most `shardByteCountMax` bytes of data, each with as many tensors as fit; a larger tensor gets a
    /// file to itself.
    package init(_ tensors: [NewTensor], shardByteCountMax: Int = 1 << 30) {
        self.init(groups: tensors.map { [$0] }, shardByteCountMax: shardByteCountMax)
    }

    /// Files of at most `shardByteCountMax` bytes of data, each with as many groups as fit; the tensors of a group stay
    /// in one file, and a larger group gets a file to itself.
    package init(groups: [[NewTensor]], shardByteCountMax: Int = 1 << 30) {
        var files: [[NewTensor]] = [], byteCount = 0
        for group in groups {
            let groupByteCount = group.reduce(0) { $0 + $1.byteCount }
            if files.isEmpty || byteCount + groupByteCount > shardByteCountMax {
                files.append([])
                byteCount = 0
            }
            files[files.count - 1] += group
            byteCount += groupByteCount
        }
        let count = files.count
        shards = files.enumerated().map { index, tensors in
            Shard(
                file: "model-\(Self.fiveDigits(index + 1))-of-\(Self.fiveDigits(count)).safetensors", tensors: tensors)
        }
    }

    /// Bytes of all weight files, headers included.
    package var byteCount: Int { shards.reduce(0) { $0 + $1.byteCount } }

    /// Bytes of all tensors.
    package var dataByteCount: Int { shards.reduce(0) { $1.tensors.reduce($0) { $0 + $1.byteCount } } }

    /// The name of the index, and its content. Write it last: without it no reader takes the folder for a checkpoint.
    package var index: (file: String, bytes: [UInt8]) {
        let map = shards.flatMap { shard in
            shard.tensors.map { JSONValue.Member(name: $0.name, value: .string(shard.file)) }
        }
        let content: JSONValue = ["metadata": ["total_size": .int(dataByteCount)], "weight_map": .object(map)]
        return (WeightFiles.indexName, content.fileContent)
    }

    private static func fiveDigits(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
