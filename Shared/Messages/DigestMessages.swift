internal import CMessages
internal import CProtobufC

/// What a process has read of some weights, in 128 bits.
package struct WeightDigest: Sendable, Hashable {
    package let low: UInt64
    package let high: UInt64

    package init(low: UInt64, high: UInt64) { (self.low, self.high) = (low, high) }

    private static let byteCount = 16

    /// Copies a `bytes` field of digests, the low half of each first.
    static func decoded(_ field: ProtobufCBinaryData, of type: String) throws(MessageError) -> [WeightDigest] {
        guard unsafe field.len % byteCount == 0 else {
            throw MessageError(type: type, reason: "digests has \(unsafe field.len) bytes, which are no whole digests")
        }
        let bytes = unsafe UnsafeRawBufferPointer(start: field.data, count: field.len)
        return stride(from: 0, to: bytes.count, by: byteCount).map { start in
            func half(_ offset: Int) -> UInt64 {
                UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: start + offset, as: UInt64.self))
            }
            return WeightDigest(low: half(0), high: half(8))
        }
    }

    /// Lends digests as a `bytes` field.
    static func withField<R>(_ digests: [WeightDigest], _ body: (ProtobufCBinaryData) throws -> R) rethrows -> R {
        var halves = digests.flatMap { [$0.low.littleEndian, $0.high.littleEndian] }
        return try unsafe halves.withUnsafeMutableBytes { bytes in
            try unsafe body(ProtobufCBinaryData(len: bytes.count, data: bytes.bindMemory(to: UInt8.self).baseAddress))
        }
    }
}

/// Asks an attention service what it has read.
package struct DigestsRequest: WireMessage, Equatable {
    package init() {}

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "DigestsRequest"
        self = try unsafe unpacking(
            type, bytes, minimax__cluster__v1__digests_request__unpack,
            minimax__cluster__v1__digests_request__free_unpacked
        ) {
            _ throws(MessageError) in DigestsRequest()
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__DigestsRequest()
        unsafe minimax__cluster__v1__digests_request__init(&message)
        return try unsafe packing(message, body)
    }
}

/// The digests of all tensors but the experts', in the order of the forward pass.
package struct DigestsResponse: WireMessage, Equatable {
    package let digests: [WeightDigest]

    package init(digests: [WeightDigest]) { self.digests = digests }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "DigestsResponse"
        self = try unsafe unpacking(
            type, bytes, minimax__cluster__v1__digests_response__unpack,
            minimax__cluster__v1__digests_response__free_unpacked
        ) {
            message throws(MessageError) in
            try unsafe DigestsResponse(digests: WeightDigest.decoded(message.digests, of: type))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__DigestsResponse()
        unsafe minimax__cluster__v1__digests_response__init(&message)
        return try unsafe WeightDigest.withField(digests) {
            unsafe message.digests = $0
            return try unsafe packing(message, body)
        }
    }
}
