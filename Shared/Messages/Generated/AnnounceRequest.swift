// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Says that an expert host or an attention service lives and can be reached. It sends this about once a second for as
/// long as it lives; the router connects to `address` and tells it what to hold.
package struct AnnounceRequest: Sendable, Equatable {
    /// Its name, which is unique among the processes of its role in its cluster.
    package let name: String
    /// A text that changes with every start of the process.
    package let instance: String
    /// Where the router reaches it: "unix:/path" or "host:port".
    package let address: String
    /// The fingerprint of its checkpoint.
    package let modelFingerprint: String
    /// The instruction set in use, for example "avx512".
    package let kernels: String
    /// How many threads it computes with.
    package let threads: Int
    /// Whether it is about to stop, so that others must take over what it holds.
    package let draining: Bool
    /// The arithmetic in use, "exact" or "fast"; of an attention service, the same as in `AttentionDescription`.
    package let arithmetic: String
    /// How much memory it has for weights or, as an attention service, for states.
    package let memoryBytes: Int
    /// How many bytes a second its threads read from memory; it is measured again now and then.
    package let readBandwidth: Int
    /// A text that is the same for all hosts that share a machine's memory.
    package let machine: String
    /// Of how many measurements `readBandwidth` is the median; 0 if the host's operator has set it.
    package let bandwidthMeasurements: Int
    /// The same as in `AttentionDescription`.
    package let weightsCopy: String
    /// What the process does in the cluster: "expert-host" or "attention"; an empty text stands for "expert-host".
    package let role: String

    /// Each parameter becomes the property of its name.
    package init(
        name: String, instance: String, address: String, modelFingerprint: String, kernels: String, threads: Int,
        draining: Bool, arithmetic: String, memoryBytes: Int, readBandwidth: Int, machine: String,
        bandwidthMeasurements: Int = 0, weightsCopy: String = "", role: String = "expert-host"
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
        self.role = role
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
            weightsCopy: fields.string(message.weights_copy),
            role: fields.string(message.role))
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
        unsafe message.threads = UInt32(clamping: threads)
        unsafe message.draining = draining ? 1 : 0
        unsafe message.arithmetic = arena.copy(arithmetic)
        unsafe message.memory_bytes = UInt64(memoryBytes)
        unsafe message.read_bandwidth = UInt64(readBandwidth)
        unsafe message.machine = arena.copy(machine)
        unsafe message.bandwidth_measurements = UInt32(clamping: bandwidthMeasurements)
        unsafe message.weights_copy = arena.copy(weightsCopy)
        unsafe message.role = arena.copy(role)
        return unsafe message
    }
}
