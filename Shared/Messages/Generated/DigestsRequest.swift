// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Reads all weights but the experts' and answers their digests. It may take as long as a disk needs for them.
package struct DigestsRequest: Sendable, Equatable {
    /// A message without fields.
    package init() {}
}

extension DigestsRequest: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "DigestsRequest", bytes, minimax__cluster__v1__digests_request__unpack,
            minimax__cluster__v1__digests_request__free_unpacked, DigestsRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__DigestsRequest, _ fields: FieldReader) throws(MessageError) {
        self.init()
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__DigestsRequest {
        var message = unsafe Minimax__Cluster__V1__DigestsRequest()
        unsafe minimax__cluster__v1__digests_request__init(&message)
        return unsafe message
    }
}
