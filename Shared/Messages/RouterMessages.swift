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
    package let arithmetic: String
    /// For weights, in bytes.
    package let memoryBytes: Int
    /// Bytes a second that the host's threads read from memory.
    package let readBandwidth: Int
    /// The same for all hosts that share a machine's memory.
    package let machine: String
    /// Of how many measurements `readBandwidth` is the median; 0: the host's operator has set it.
    package let bandwidthMeasurements: Int
    /// The same for all processes that read the same files of the same machine.
    package let weightsCopy: String

    package init(
        name: String, instance: String, address: String, modelFingerprint: String, kernels: String, threads: Int, draining: Bool, arithmetic: String,
        memoryBytes: Int, readBandwidth: Int, machine: String, bandwidthMeasurements: Int = 0, weightsCopy: String = ""
    ) {
        self.name = name
        self.instance = instance
        self.address = address
        self.modelFingerprint = modelFingerprint
        self.kernels = kernels
        self.threads = threads
        self.draining = draining
        self.arithmetic = arithmetic
        self.memoryBytes = memoryBytes
        self.readBandwidth = readBandwidth
        self.machine = machine
        self.bandwidthMeasurements = bandwidthMeasurements
        self.weightsCopy = weightsCopy
    }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "AnnounceRequest"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__announce_request__unpack, minimax__cluster__v1__announce_request__free_unpacked) {
            message throws(MessageError) in
            try unsafe AnnounceRequest(
                name: string(message.name),
                instance: string(message.instance),
                address: string(message.address),
                modelFingerprint: string(message.model_fingerprint),
                kernels: string(message.kernels),
                threads: Int(message.threads),
                draining: message.draining != 0,
                arithmetic: string(message.arithmetic),
                memoryBytes: integer(message.memory_bytes, of: type, "memory_bytes"),
                readBandwidth: integer(message.read_bandwidth, of: type, "read_bandwidth"),
                machine: string(message.machine),
                bandwidthMeasurements: Int(message.bandwidth_measurements),
                weightsCopy: string(message.weights_copy))
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
        unsafe message.arithmetic = arena.copy(arithmetic)
        unsafe message.memory_bytes = UInt64(memoryBytes)
        unsafe message.read_bandwidth = UInt64(readBandwidth)
        unsafe message.machine = arena.copy(machine)
        unsafe message.bandwidth_measurements = UInt32(clamping: bandwidthMeasurements)
        unsafe message.weights_copy = arena.copy(weightsCopy)
        return try withExtendedLifetime(arena) {
            try unsafe packing(message, body)
        }
    }
}

/// What the router makes of it.
package struct AnnounceResponse: WireMessage, Equatable {
    /// The router's instance.
    package let router: String
    /// 0 while no plan holds the host.
    package let planVersion: Int
    /// A draining host: nothing is sent to it any more.
    package let released: Bool

    package init(router: String, planVersion: Int, released: Bool) {
        self.router = router
        self.planVersion = planVersion
        self.released = released
    }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "AnnounceResponse"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__announce_response__unpack, minimax__cluster__v1__announce_response__free_unpacked) {
            message throws(MessageError) in
            try unsafe AnnounceResponse(
                router: string(message.router),
                planVersion: integer(message.plan_version, of: type, "plan_version"),
                released: message.released != 0)
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = PackingArena()
        var message = unsafe Minimax__Cluster__V1__AnnounceResponse()
        unsafe minimax__cluster__v1__announce_response__init(&message)
        unsafe message.router = arena.copy(router)
        unsafe message.plan_version = UInt64(planVersion)
        unsafe message.released = released ? 1 : 0
        return try withExtendedLifetime(arena) { try unsafe packing(message, body) }
    }
}
