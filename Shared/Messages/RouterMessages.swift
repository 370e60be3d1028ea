internal import CMessages
internal import CProtobufC

/// An expert host lives and can be reached.
package struct AnnounceRequest: WireMessage, Equatable {
    /// Unique among the hosts of a cluster.
    package let name: String
    /// Changes with every start of the host.
    package let instance: String
    /// Where the router reaches it.
    package let address: String
    package let modelFingerprint: String
    package let kernels: String
    package let threads: Int
    /// The host is about to stop.
    package let draining: Bool

    package init(name: String, instance: String, address: String, modelFingerprint: String, kernels: String, threads: Int, draining: Bool) {
        self.name = name
        self.instance = instance
        self.address = address
        self.modelFingerprint = modelFingerprint
        self.kernels = kernels
        self.threads = threads
        self.draining = draining
    }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "AnnounceRequest"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__announce_request__unpack, minimax__cluster__v1__announce_request__free_unpacked) {
            message throws(MessageError) in
            unsafe AnnounceRequest(
                name: string(message.name),
                instance: string(message.instance),
                address: string(message.address),
                modelFingerprint: string(message.model_fingerprint),
                kernels: string(message.kernels),
                threads: Int(message.threads),
                draining: message.draining != 0)
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = PackingArena()
        var message = unsafe Minimax__Cluster__V1__AnnounceRequest()
        unsafe minimax__cluster__v1__announce_request__init(&message)
        unsafe message.name = arena.copy(name)
        unsafe message.instance = arena.copy(instance)
        unsafe message.address = arena.copy(address)
        unsafe message.model_fingerprint = arena.copy(modelFingerprint)
        unsafe message.kernels = arena.copy(kernels)
        unsafe message.threads = UInt32(threads)
        unsafe message.draining = draining ? 1 : 0
        return try withExtendedLifetime(arena) {
            try unsafe packing(message, body)
        }
    }
}

/// What the router makes of it.
package struct AnnounceResponse: WireMessage, Equatable {
    /// 0 while no plan holds the host.
    package let planVersion: Int

    package init(planVersion: Int) { self.planVersion = planVersion }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "AnnounceResponse"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__announce_response__unpack, minimax__cluster__v1__announce_response__free_unpacked) {
            message throws(MessageError) in
            try unsafe AnnounceResponse(
                planVersion: integer(message.plan_version, of: type, "plan_version"))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__AnnounceResponse()
        unsafe minimax__cluster__v1__announce_response__init(&message)
        unsafe message.plan_version = UInt64(planVersion)
        return try unsafe packing(message, body)
    }
}
