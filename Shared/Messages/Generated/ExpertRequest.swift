// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Asks a host to compute token groups of one layer.
package struct ExpertRequest: Sendable, Equatable {
    /// The index of the layer.
    package let layer: Int
    /// (rows, hidden): the rows that any group here needs, each once.
    package let hidden: [Float]
    /// The groups: which expert computes which rows.
    package let groups: [TokenGroup]

    /// Each parameter becomes the property of its name.
    package init(layer: Int, hidden: [Float], groups: [TokenGroup]) {
        self.layer = layer
        self.hidden = hidden
        self.groups = groups
    }
}

extension ExpertRequest: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "ExpertRequest", bytes, minimax__cluster__v1__expert_request__unpack,
            minimax__cluster__v1__expert_request__free_unpacked, ExpertRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            var message = unsafe cMessage(in: arena)
            return try unsafe withField(hidden) { field in
                unsafe message.hidden = field
                return try unsafe encode(message, body)
            }
        }
    }

    init(_ message: Minimax__Cluster__V1__ExpertRequest, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            layer: Int(message.layer),
            hidden: fields.values(message.hidden, "hidden"),
            groups: fields.array(message.groups, message.n_groups, TokenGroup.init))
    }

    /// The C message, which lives as long as the arena. It lacks the bytes fields.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__ExpertRequest {
        var message = unsafe Minimax__Cluster__V1__ExpertRequest()
        unsafe minimax__cluster__v1__expert_request__init(&message)
        unsafe message.layer = UInt32(clamping: layer)
        unsafe message.n_groups = groups.count
        unsafe message.groups = arena.pointers(to: groups) { unsafe $0.cMessage(in: arena) }
        return unsafe message
    }
}
