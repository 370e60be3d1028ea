/// How the numbers of a state are stored.
package enum FloatFormat: String, Sendable, Equatable, CaseIterable {
    /// As they were computed.
    case float32 = "f32"
    /// Rounded to the nearest number of eight significant bits: half the memory.
    case bfloat16 = "bf16"

    /// Bytes of one number.
    package var byteCount: Int { elementType.rowByteCount(columns: 1) }

    /// As weights of the same format are called.
    var elementType: ElementType {
        switch self {
        case .float32: .float32
        case .bfloat16: .bfloat16
        }
    }

    /// What attention computes with, in one word, where its keys and values are stored like this: states that were
    /// computed with another one cannot go on in the same bytes. "exact" or "fast", with "+kv-bf16" behind it where
    /// keys and values are rounded.
    ///
    /// - Parameter arithmetic: "exact" or "fast".
    package func attention(in arithmetic: String) -> String {
        self == .float32 ? arithmetic : "\(arithmetic)+kv-\(rawValue)"
    }
}
