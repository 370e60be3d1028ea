import Foundation
import Messages
import Testing

func encode(_ message: some WireMessage) -> [UInt8] {
    message.encoded { count, write in
        [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            write(UnsafeMutableRawBufferPointer(buffer))
            written = count
        }
    }
}

func decode<M: WireMessage>(_ type: M.Type = M.self, _ bytes: [UInt8]) throws(MessageError) -> M {
    try M(decoding: bytes.span.bytes)
}

/// A message whose type is forgotten: its name, its bytes, and how bytes are decoded as its type and encoded again.
struct AnyMessage: Sendable, CustomTestStringConvertible {
    let typeName: String
    let bytes: [UInt8]
    let recode: @Sendable ([UInt8]) throws -> [UInt8]

    init<M: WireMessage>(_ message: M) {
        typeName = String(describing: M.self)
        bytes = encode(message)
        recode = { encode(try decode(M.self, $0)) }
    }

    var testDescription: String { typeName }
}

/// Protobuf's wire format, written here once more so that the tests do not trust the code they test.
struct Wire {
    private(set) var bytes: [UInt8] = []

    private mutating func varint(_ value: UInt64) {
        var value = value
        while value > 127 {
            bytes.append(UInt8(value & 127) | 128)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }

    func number(_ field: UInt64, _ value: UInt64) -> Wire {
        var wire = self
        wire.varint(field << 3)
        wire.varint(value)
        return wire
    }

    func data(_ field: UInt64, _ content: [UInt8]) -> Wire {
        var wire = self
        wire.varint(field << 3 | 2)
        wire.varint(UInt64(content.count))
        wire.bytes += content
        return wire
    }

    func text(_ field: UInt64, _ content: String) -> Wire { data(field, Array(content.utf8)) }
    func floats(_ field: UInt64, _ values: [Float]) -> Wire {
        data(
            field,
            values.map(\.bitPattern).flatMap { bits in
                (0 ..< 4).map { UInt8(truncatingIfNeeded: bits >> ($0 * 8)) }
            })
    }
    func doubles(_ field: UInt64, _ values: [Double]) -> Wire { data(field, values.flatMap(Self.bytes)) }
    func double(_ field: UInt64, _ value: Double) -> Wire {
        var wire = self
        wire.varint(field << 3 | 1)
        wire.bytes += Self.bytes(value)
        return wire
    }
    private static func bytes(_ value: Double) -> [UInt8] {
        (0 ..< 8).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) }
    }
    func tokens(_ field: UInt64, _ ids: [Int32]) -> Wire {
        data(field, ids.flatMap { id in (0 ..< 4).map { UInt8(truncatingIfNeeded: id >> ($0 * 8)) } })
    }
    func message(_ field: UInt64, _ content: Wire) -> Wire { data(field, content.bytes) }
    func packed(_ field: UInt64, _ values: [UInt64]) -> Wire {
        var content = Wire()
        for value in values { content.varint(value) }
        return data(field, content.bytes)
    }
    /// A fixed 64-bit or 32-bit field.
    func fixed(_ field: UInt64, byteCount: Int) -> Wire {
        var wire = self
        wire.varint(field << 3 | (byteCount == 8 ? 1 : 5))
        wire.bytes += [UInt8](repeating: 0xA5, count: byteCount)
        return wire
    }
}

/// The folder of the contract, `Shared/CMessages`.
let contractFolder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Shared/CMessages")
