/// A Swift value that travels as one protobuf message of `cluster.proto`.
package protocol WireMessage: Sendable {
    /// Decodes a peer's bytes into a value of its own; nothing of protobuf-c outlives the call.
    init(decoding bytes: RawSpan) throws(MessageError)

    /// Encodes: `body` is told the size and is given a function that writes exactly so many bytes.
    func encoded<R>(
        _ body: (_ byteCount: Int, _ write: (UnsafeMutableRawBufferPointer) -> Void) throws -> R
    ) rethrows -> R

    /// Which router sends the message; nil where it does not say.
    var routerInstance: RouterInstance? { get }
}

extension WireMessage {
    /// Nil: a message says nothing of its router unless its type has a field for it.
    package var routerInstance: RouterInstance? { nil }
}

/// A peer's bytes are not the message they should be.
package struct MessageError: Error, Equatable, CustomStringConvertible {
    /// The message's name.
    package let type: String
    /// What is wrong with it, and with which field.
    package let reason: String

    /// Both, for logs and for the peer.
    package var description: String { "\(type): \(reason)" }
}
