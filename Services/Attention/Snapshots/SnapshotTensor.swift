internal import Checkpoint
internal import Snapshots

/// One tensor of a snapshot, and the memory that a writer reads or a reader fills.
@safe struct SnapshotTensor {
    /// As safetensors spells it.
    enum ElementType: String, Sendable {
        case float32 = "F32"
        case bfloat16 = "BF16"
        case int32 = "I32"

        var byteCount: Int { self == .bfloat16 ? 2 : 4 }
    }

    let name: String
    let elementType: ElementType
    /// Outermost dimension first.
    let shape: [Int]
    /// The elements, piece after piece; each is valid for as long as the caller promises.
    let pieces: [UnsafeMutableRawBufferPointer]

    /// The pieces must have as many bytes as the shape needs.
    init(_ name: String, _ elementType: ElementType, shape: [Int], pieces: [UnsafeMutableRawBufferPointer]) {
        self.name = name
        self.elementType = elementType
        self.shape = shape
        unsafe self.pieces = unsafe pieces
        let found = unsafe pieces.reduce(0) { $0 + $1.count }
        precondition(
            found == byteCount, "the pieces of tensor \(name), which has shape \(shape), have \(found) bytes")
    }

    var byteCount: Int { shape.reduce(elementType.byteCount, *) }

    /// The same in a section of a file.
    func inSection(_ section: SnapshotSection) -> SnapshotTensor {
        unsafe SnapshotTensor(section.prefix + name, elementType, shape: shape, pieces: pieces)
    }

    /// As a header names it.
    var inHeader: NewTensor { NewTensor(name: name, elementType: elementType.rawValue, shape: shape) }
}
