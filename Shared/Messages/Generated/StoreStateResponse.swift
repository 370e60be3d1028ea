// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The state is on disk.
package struct StoreStateResponse: Sendable, Equatable {
    /// The size of its file.
    package let diskBytes: Int

    /// Each parameter becomes the property of its name.
    package init(diskBytes: Int) {
        self.diskBytes = diskBytes
    }
}

extension StoreStateResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "StoreStateResponse", bytes, minimax__cluster__v1__store_state_response__unpack,
            minimax__cluster__v1__store_state_response__free_unpacked, StoreStateResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__StoreStateResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            diskBytes: fields.integer(message.disk_bytes, "disk_bytes"))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__StoreStateResponse {
        var message = unsafe Minimax__Cluster__V1__StoreStateResponse()
        unsafe minimax__cluster__v1__store_state_response__init(&message)
        unsafe message.disk_bytes = UInt64(diskBytes)
        return unsafe message
    }
}
