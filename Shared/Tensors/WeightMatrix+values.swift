extension WeightMatrix {
    /// The elements as Float32, row after row. For small tensors (norms, gates): this copies.
    package func floats() -> [Float] { floats(ofRows: 0 ..< rows) }

    /// The elements of some rows as Float32, (indices, columns). For embeddings: this copies.
    package func floats(ofRows indices: some Collection<some BinaryInteger>) -> [Float] {
        unsafe [Float](unsafeUninitializedCapacity: indices.count * columns) { buffer, count in
            for index in indices {
                let row = Int(index)
                precondition(row >= 0 && row < rows, "row \(row) of a matrix with \(rows) rows")
                for column in 0 ..< columns {
                    unsafe (buffer.baseAddress! + count + column).initialize(to: value(row, column))
                }
                count += columns
            }
        }
    }

    /// One element; the products with the scales are exact in Float32.
    private func value(_ row: Int, _ column: Int) -> Float {
        let start = unsafe base + row * elementType.rowByteCount(columns: stride)
        switch elementType {
        case .float32: return unsafe start.loadUnaligned(fromByteOffset: column * 4, as: Float.self)
        case .bfloat16:
            return Float(
                bitPattern: UInt32(unsafe start.loadUnaligned(fromByteOffset: column * 2, as: UInt16.self)) << 16)
        case .int8: return Float(unsafe start.load(fromByteOffset: column, as: Int8.self)) * scale(row, column / 64)
        case .int4:
            let group = column / 32, place = column % 32
            let byte = unsafe start.load(fromByteOffset: group * 16 + place % 16, as: UInt8.self)
            return Float(Int(place < 16 ? byte & 15 : byte >> 4) - 8) * scale(row, group)
        }
    }

    private func scale(_ row: Int, _ group: Int) -> Float {
        guard let scales = unsafe scales else { return 1 }
        let index = row * elementType.scaleCount(columns: stride) + group
        return float16(bitPattern: unsafe scales.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
    }
}

/// The value of a float16's bits. (Swift's `Float16` does not exist on every platform.)
func float16(bitPattern bits: UInt16) -> Float {
    let sign: Float = bits >> 15 == 0 ? 1 : -1, exponent = Int(bits >> 10 & 31), fraction = Float(bits & 1023)
    switch exponent {
    case 0: return sign * fraction * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default: return sign * (1024 + fraction) * Float(sign: .plus, exponent: exponent - 25, significand: 1)
    }
}
