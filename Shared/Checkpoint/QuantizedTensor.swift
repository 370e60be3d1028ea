package import Tensors

/// How a checkpoint stores a quantized matrix: the numbers under its own name, the scales of their groups beside them.
///
/// A matrix of shape (…, columns) becomes numbers (…, columns), one byte each, or for int4 (…, 16 · ⌈columns / 32⌉), 32
/// numbers in 16 bytes; and float16 scales (…, ⌈columns / group size⌉). `kernels.h` describes the bytes.
package struct QuantizedTensor: Sendable {
    /// The numbers, under the matrix's own name: dtype "I8" for int8, "U8" for the bytes of int4.
    package let elements: NewTensor
    /// One float16 for each group of columns; its name is the matrix's with ".scales" behind it.
    package let scales: NewTensor

    /// - Parameter elementType: int8 or int4.
    package init(_ tensor: NamedTensor, as elementType: ElementType) {
        precondition(elementType.groupSize != nil, "\(elementType) numbers have no scales")
        let leading = Array(tensor.shape.dropLast()), columns = tensor.shape.last ?? 1
        elements = NewTensor(
            name: tensor.name, elementType: elementType.storedName,
            shape: leading + [elementType.rowByteCount(columns: columns)])
        scales = NewTensor(
            name: "\(tensor.name).scales", elementType: "F16",
            shape: leading + [elementType.scaleCount(columns: columns)])
    }
}

extension ElementType {
    /// As safetensors spells it; it knows no int4, two of which make an unsigned byte.
    var storedName: String {
        switch self {
        case .bfloat16: "BF16"
        case .float32: "F32"
        case .int8: "I8"
        case .int4: "U8"
        }
    }
}
