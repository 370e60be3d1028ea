// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// A host holds what it was asked to.
package struct HoldResponse: Sendable, Equatable {
    /// The size of the weights of all units held, for any router.
    package let heldBytes: Int
    /// The digests that were asked for, of 16 bytes each, little-endian, low half first: for each unit, for each of the
    /// smallest slices that it consists of, those of w1, w3 and w2 (kernels.h says how they are made). A router uses no
    /// unit whose digests are not those of its own checkpoint.
    package let digests: [WeightDigest]

    /// Each parameter becomes the property of its name.
    package init(heldBytes: Int, digests: [WeightDigest] = []) {
        self.heldBytes = heldBytes
        self.digests = digests
    }
}

extension HoldResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "HoldResponse", bytes, minimax__cluster__v1__hold_response__unpack,
            minimax__cluster__v1__hold_response__free_unpacked, HoldResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe cMessage()
        return try unsafe withField(digests) { field in
            unsafe message.digests = field
            return try unsafe encode(message, body)
        }
    }

    init(_ message: Minimax__Cluster__V1__HoldResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            heldBytes: fields.integer(message.held_bytes, "held_bytes"),
            digests: fields.values(message.digests, "digests"))
    }

    /// The C message. It lacks the bytes fields.
    func cMessage() -> Minimax__Cluster__V1__HoldResponse {
        var message = unsafe Minimax__Cluster__V1__HoldResponse()
        unsafe minimax__cluster__v1__hold_response__init(&message)
        unsafe message.held_bytes = UInt64(heldBytes)
        return unsafe message
    }
}
