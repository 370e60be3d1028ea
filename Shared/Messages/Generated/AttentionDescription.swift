// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// What an attention service is, and how it stands.
package struct AttentionDescription: Sendable, Equatable {
    /// The fingerprint of the service's checkpoint.
    package let modelFingerprint: String
    /// The instruction set in use, for example "avx512".
    package let kernels: String
    /// How much memory live and kept states may take together.
    package let memoryBudgetBytes: Int
    /// The arithmetic in use, "exact" or "fast"; with "+kv-bf16" behind it where keys and values are stored in
    /// bfloat16.
    package let arithmetic: String
    /// How much of the budget is bound to live states beyond what this router's sequences were granted: those of other
    /// routers, and pages that outlived the sequence that was granted them.
    package let othersBytes: Int
    /// For how long the current call has been computed; 0 where there is none.
    package let stalledMilliseconds: Int
    /// A text that is the same for all processes that read the same files of the same machine.
    package let weightsCopy: String
    /// Which part of attention the service computes, from 0.
    package let partIndex: Int
    /// Of how many parts; 1: all of it.
    package let partCount: Int
    /// How much memory kept states have that no live state refers to.
    package let keptBytes: Int

    /// Each parameter becomes the property of its name.
    package init(
        modelFingerprint: String, kernels: String, memoryBudgetBytes: Int, arithmetic: String, othersBytes: Int,
        stalledMilliseconds: Int, weightsCopy: String = "", partIndex: Int = 0, partCount: Int = 1, keptBytes: Int = 0
    ) {
        self.modelFingerprint = modelFingerprint
        self.kernels = kernels
        self.memoryBudgetBytes = memoryBudgetBytes
        self.arithmetic = arithmetic
        self.othersBytes = othersBytes
        self.stalledMilliseconds = stalledMilliseconds
        self.weightsCopy = weightsCopy
        self.partIndex = partIndex
        self.partCount = partCount
        self.keptBytes = keptBytes
    }
}

extension AttentionDescription: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "AttentionDescription", bytes, minimax__cluster__v1__attention_description__unpack,
            minimax__cluster__v1__attention_description__free_unpacked, AttentionDescription.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            try unsafe encode(cMessage(in: arena), body)
        }
    }

    init(_ message: Minimax__Cluster__V1__AttentionDescription, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            modelFingerprint: fields.string(message.model_fingerprint),
            kernels: fields.string(message.kernels),
            memoryBudgetBytes: fields.integer(message.memory_budget_bytes, "memory_budget_bytes"),
            arithmetic: fields.string(message.arithmetic),
            othersBytes: fields.integer(message.others_bytes, "others_bytes"),
            stalledMilliseconds: Int(message.stalled_ms),
            weightsCopy: fields.string(message.weights_copy),
            partIndex: Int(message.part_index),
            partCount: Int(message.part_count),
            keptBytes: fields.integer(message.kept_bytes, "kept_bytes"))
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__AttentionDescription {
        var message = unsafe Minimax__Cluster__V1__AttentionDescription()
        unsafe minimax__cluster__v1__attention_description__init(&message)
        unsafe message.model_fingerprint = arena.copy(modelFingerprint)
        unsafe message.kernels = arena.copy(kernels)
        unsafe message.memory_budget_bytes = UInt64(memoryBudgetBytes)
        unsafe message.arithmetic = arena.copy(arithmetic)
        unsafe message.others_bytes = UInt64(othersBytes)
        unsafe message.stalled_ms = UInt32(clamping: stalledMilliseconds)
        unsafe message.weights_copy = arena.copy(weightsCopy)
        unsafe message.part_index = UInt32(clamping: partIndex)
        unsafe message.part_count = UInt32(clamping: partCount)
        unsafe message.kept_bytes = UInt64(keptBytes)
        return unsafe message
    }
}
