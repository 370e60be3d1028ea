// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// One kept state as a list shows it.
package struct KeptStateInfo: Sendable, Hashable {
    /// The id of the state.
    package let state: StateID
    /// How many tokens it has.
    package let length: Int
    /// Bytes of memory that it refers to; 0: it is on disk only.
    package let bytes: Int
    /// Bytes of memory that nothing else refers to.
    package let ownBytes: Int
    /// The size of its file; 0: it is in memory only.
    package let diskBytes: Int
    /// Whether it is promised.
    package let promised: Bool
    /// How long ago a sequence last began from it, or since it was kept.
    package let idleMilliseconds: Int

    /// Each parameter becomes the property of its name.
    package init(
        state: StateID, length: Int, bytes: Int, ownBytes: Int, diskBytes: Int, promised: Bool, idleMilliseconds: Int
    ) {
        self.state = state
        self.length = length
        self.bytes = bytes
        self.ownBytes = ownBytes
        self.diskBytes = diskBytes
        self.promised = promised
        self.idleMilliseconds = idleMilliseconds
    }
}

extension KeptStateInfo {
    init(_ message: Minimax__Cluster__V1__KeptStateInfo, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            state: StateID(rawValue: message.state),
            length: fields.integer(message.length, "length"),
            bytes: fields.integer(message.bytes, "bytes"),
            ownBytes: fields.integer(message.own_bytes, "own_bytes"),
            diskBytes: fields.integer(message.disk_bytes, "disk_bytes"),
            promised: message.promised != 0,
            idleMilliseconds: fields.integer(message.idle_ms, "idle_ms"))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__KeptStateInfo {
        var message = unsafe Minimax__Cluster__V1__KeptStateInfo()
        unsafe minimax__cluster__v1__kept_state_info__init(&message)
        unsafe message.state = state.rawValue
        unsafe message.length = UInt64(length)
        unsafe message.bytes = UInt64(bytes)
        unsafe message.own_bytes = UInt64(ownBytes)
        unsafe message.disk_bytes = UInt64(diskBytes)
        unsafe message.promised = promised ? 1 : 0
        unsafe message.idle_ms = UInt64(idleMilliseconds)
        return unsafe message
    }
}
