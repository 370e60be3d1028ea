/// The 256 printable characters in which byte-level vocabularies spell bytes: a visible Latin-1 byte is itself, every
/// other one is the next free scalar from U+0100 on (so a space is "Ġ").
///
/// - Source: openai/gpt-2 `encoder.py`, `bytes_to_unicode`.
enum ByteAlphabet {
    static let scalars: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (UInt8.min ... UInt8.max).map { byte in
            switch byte {
            case 0x21 ... 0x7E, 0xA1 ... 0xAC, 0xAE ... 0xFF: return Unicode.Scalar(byte)
            default:
                defer { next += 1 }
                return Unicode.Scalar(next)!        // U+0100 to U+0143
            }
        }
    }()

    private static let bytes: [Int16] = {        // by scalar value; -1 where no byte is spelled so
        var bytes = [Int16](repeating: -1, count: 0x144)
        for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar.value)] = Int16(byte) }
        return bytes
    }()

    /// How these bytes are spelled.
    static func spelling(of bytes: [UInt8]) -> String {
        var spelling = String.UnicodeScalarView()
        for byte in bytes { spelling.append(scalars[Int(byte)]) }
        return String(spelling)
    }

    /// The bytes a token spells, or nil if one of its scalars is not in the alphabet.
    static func bytes(spelledBy token: String) -> [UInt8]? {
        var result: [UInt8] = []
        for scalar in token.unicodeScalars {
            guard scalar.value < 0x144, case let byte = bytes[Int(scalar.value)], byte >= 0 else { return nil }
            result.append(UInt8(byte))
        }
        return result
    }
}
