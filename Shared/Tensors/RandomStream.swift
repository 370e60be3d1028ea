internal import CKernels

/// An endless row of roughly normal bfloat16 numbers, the same for the same seed and name on every machine.
package struct RandomStream: Sendable {
    private let key: UInt64

    /// - Parameter name: what the numbers are for; streams of different names have nothing in common.
    package init(seed: UInt64, name: String) {
        var hash = 0xCBF2_9CE4_8422_2325 ^ seed        // FNV-1a, from a start that the seed moves
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        key = hash
    }

    /// Fills `bytes` with the numbers from `first` on, an even place; two bytes a number.
    package func fill(_ bytes: UnsafeMutableRawBufferPointer, from first: Int, mean: Float, deviation: Float) {
        precondition(first >= 0 && first.isMultiple(of: 2), "numbers from place \(first)")
        let values = unsafe bytes.bindMemory(to: UInt16.self)
        unsafe random_bfloat16(values.baseAddress, key, UInt64(first), values.count, mean, deviation)
    }
}
