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

/// One message of every type, every field set, no two fields alike.
let everyMessage: [AnyMessage] = [
    AnyMessage(
        HoldRequest(
            router: "r1", modelFingerprint: "abc", planVersion: 3,
            units: [
                ExpertUnit(layer: 1, expert: 2, slice: ExpertSlice(index: 3, of: 4)), ExpertUnit(layer: 300, expert: 0),
            ],
            withDigests: true)),
    AnyMessage(
        HoldResponse(
            heldBytes: 1 << 40, digests: [WeightDigest(low: 1, high: 2 << 60), WeightDigest(low: .max, high: 3)])),
    AnyMessage(
        RetainRequest(
            router: "r2", units: [ExpertUnit(layer: 5, expert: 6, slice: ExpertSlice(index: 7, of: 8))])),
    AnyMessage(RetainResponse(heldBytes: 1 << 41)),
    AnyMessage(
        ExpertRequest(
            layer: 7, hidden: [1, -2, 0.5],
            groups: [
                TokenGroup(expert: 1, slice: ExpertSlice(index: 1, of: 2), rows: [0, 300]),
                TokenGroup(expert: 2, rows: []),
            ])),
    AnyMessage(ExpertResponse(outputs: [1, 2, 3, 4])),
    AnyMessage(DescribeRequest(router: 31)),
    AnyMessage(
        AttentionDescription(
            modelFingerprint: "f", kernels: "avx512", memoryBudgetBytes: 1 << 33, arithmetic: "exact", othersBytes: 32,
            stalledMilliseconds: 34, weightsCopy: "c")),
    AnyMessage(DigestsRequest()),
    AnyMessage(DigestsResponse(digests: [WeightDigest(low: 4, high: 5)])),
    AnyMessage(OpenSessionRequest(router: 35, session: 11, tokensMax: 4096)),
    AnyMessage(OpenSessionResponse(reservedBytes: 99)),
    AnyMessage(GrowSessionRequest(router: 36, session: 37, tokensMax: 38)),
    AnyMessage(GrowSessionResponse(reservedBytes: 39)),
    AnyMessage(CloseSessionsRequest(router: 40, sessions: [1, 1 << 63, 3], all: true)),
    AnyMessage(CloseSessionsResponse(closed: 2)),
    AnyMessage(ParkSessionRequest(router: 41, session: 21)),
    AnyMessage(ParkSessionResponse(parkedBytes: 1 << 34)),
    AnyMessage(ResumeSessionRequest(router: 42, session: 22, tokensMax: 43)),
    AnyMessage(ResumeSessionResponse(reservedBytes: 1 << 35)),
    AnyMessage(EmbedRequest(tokens: [5, 200_063, 0])),
    AnyMessage(EmbedResponse(hidden: [0.25, -8])),
    AnyMessage(
        SublayerRequest(
            router: 44, layer: 79,
            spans: [SessionSpan(session: 4, start: 100, count: 1), SessionSpan(session: 9, start: 0, count: 2)],
            hidden: [1, 2, 3])),
    AnyMessage(SublayerResponse(partial: [1, 2], squares: [3])),
    AnyMessage(LogitsRequest(hidden: [7])),
    AnyMessage(LogitsResponse(logits: [8, 9])),
    AnyMessage(StateRequest(router: 45, session: 12, layer: 13)),
    AnyMessage(StateResponse(state: [4, 5, 6])),
    AnyMessage(
        AnnounceRequest(
            name: "host-1", instance: "i-2", address: "unix:/run/x", modelFingerprint: "f3", kernels: "avx2",
            threads: 4,
            draining: true, arithmetic: "fast", memoryBytes: 1 << 36, readBandwidth: 1 << 37, machine: "m1",
            bandwidthMeasurements: 5, weightsCopy: "c1")),
    AnyMessage(AnnounceResponse(router: "r3", planVersion: 6, released: true)),
]

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
