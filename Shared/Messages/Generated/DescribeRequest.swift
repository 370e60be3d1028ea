// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Asks what the service is and how it stands. Renews the lease of the router's sequences.
package struct DescribeRequest: Sendable, Equatable {
    /// The router's instance; 0 if no router asks.
    package let router: UInt64
    /// Whose kept states the router's are; empty if no router asks.
    package let owner: String

    /// Each parameter becomes the property of its name.
    package init(router: UInt64 = 0, owner: String = "") {
        self.router = router
        self.owner = owner
    }
}

extension DescribeRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "DescribeRequest", bytes, minimax__cluster__v1__describe_request__unpack,
            minimax__cluster__v1__describe_request__free_unpacked, DescribeRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            try unsafe encode(cMessage(in: arena), body)
        }
    }

    init(_ message: Minimax__Cluster__V1__DescribeRequest, _ fields: FieldReader) throws(MessageError) {
        unsafe self.init(
            router: message.router,
            owner: fields.string(message.owner))
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__DescribeRequest {
        var message = unsafe Minimax__Cluster__V1__DescribeRequest()
        unsafe minimax__cluster__v1__describe_request__init(&message)
        unsafe message.router = router
        unsafe message.owner = arena.copy(owner)
        return unsafe message
    }
}
