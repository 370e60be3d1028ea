extension WeightMatrix {
    /// The elements as Float32, row after row. For small tensors (norms, gates, an embedding row): this copies.
    package func floats() -> [Float] {
        let count = rows * columns
        return switch elementType {
        case .float32: (0 ..< count).map { unsafe base.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
        case .bfloat16: (0 ..< count).map { Float(bitPattern: UInt32(unsafe base.loadUnaligned(fromByteOffset: $0 * 2, as: UInt16.self)) << 16) }
        }
    }
}
