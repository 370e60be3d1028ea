// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Says which part of attention the service computes from now on. Where that is another part than before, all its
/// sequences are closed and its kept states dropped from memory. Fails with `failed-precondition` while another router
/// uses the service for another part, and with `invalid-argument` where the model cannot be cut so.
package struct HoldPartRequest: Sendable, Equatable {
    /// The router's instance.
    package let router: UInt64
    /// Which part, from 0.
    package let partIndex: Int
    /// Of how many parts: 1, 2, 4 or 8.
    package let partCount: Int

    /// Each parameter becomes the property of its name.
    package init(router: UInt64 = 0, partIndex: Int, partCount: Int) {
        self.router = router
        self.partIndex = partIndex
        self.partCount = partCount
    }
}

extension HoldPartRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "HoldPartRequest", bytes, minimax__cluster__v1__hold_part_request__unpack,
            minimax__cluster__v1__hold_part_request__free_unpacked, HoldPartRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__HoldPartRequest, _ fields: FieldReader) throws(MessageError) {
        unsafe self.init(
            router: message.router,
            partIndex: Int(message.part_index),
            partCount: Int(message.part_count))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__HoldPartRequest {
        var message = unsafe Minimax__Cluster__V1__HoldPartRequest()
        unsafe minimax__cluster__v1__hold_part_request__init(&message)
        unsafe message.router = router
        unsafe message.part_index = UInt32(clamping: partIndex)
        unsafe message.part_count = UInt32(clamping: partCount)
        return unsafe message
    }
}
