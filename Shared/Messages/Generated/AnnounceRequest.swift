// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// An expert host lives and can be reached. Sent by a host about once a second for as long as it lives; the router
/// connects to `address` and tells it what to hold.
package struct AnnounceRequest: Sendable, Equatable {
    /// Unique among the hosts of a cluster.
    package let name: String
    /// Changes with every start of the host.
    package let instance: String
    /// Where the router reaches it: "unix:/path" or "host:port".
    package let address: String
    /// Of the host's checkpoint.
    package let modelFingerprint: String
    /// The instruction set in use, for example "avx512".
    package let kernels: String
    /// With how many threads it computes.
    package let threads: Int
    /// The host is about to stop: take its units elsewhere.
    package let draining: Bool
    /// "exact" or "fast".
    package let arithmetic: String
    /// For weights.
    package let memoryBytes: Int
    /// Bytes a second that its threads read from memory; measured again now and then.
    package let readBandwidth: Int
    /// The same for all hosts that share a machine's memory.
    package let machine: String
    /// Of how many measurements `readBandwidth` is the median; 0: its operator has set it.
    package let bandwidthMeasurements: Int
    /// As in `AttentionDescription`.
    package let weightsCopy: String

    /// Every parameter is the property of its name.
    package init(
        name: String, instance: String, address: String, modelFingerprint: String, kernels: String, threads: Int,
        draining: Bool, arithmetic: String, memoryBytes: Int, readBandwidth: Int, machine: String,
        bandwidthMeasurements: Int = 0, weightsCopy: String = ""
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
}

extension AnnounceRequest: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "AnnounceRequest", bytes, minimax__cluster__v1__announce_request__unpack,
            minimax__cluster__v1__announce_request__free_unpacked, AnnounceRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            try unsafe encode(cMessage(in: arena), body)
        }
    }

    init(_ message: Minimax__Cluster__V1__AnnounceRequest, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            name: fields.string(message.name),
            instance: fields.string(message.instance),
            address: fields.string(message.address),
            modelFingerprint: fields.string(message.model_fingerprint),
            kernels: fields.string(message.kernels),
            threads: Int(message.threads),
            draining: message.draining != 0,
            arithmetic: fields.string(message.arithmetic),
            memoryBytes: fields.integer(message.memory_bytes, "memory_bytes"),
            readBandwidth: fields.integer(message.read_bandwidth, "read_bandwidth"),
            machine: fields.string(message.machine),
            bandwidthMeasurements: Int(message.bandwidth_measurements),
            weightsCopy: fields.string(message.weights_copy))
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__AnnounceRequest {
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
        unsafe message.bandwidth_measurements = UInt32(bandwidthMeasurements)
        unsafe message.weights_copy = arena.copy(weightsCopy)
        return unsafe message
    }
}
