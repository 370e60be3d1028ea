// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Tells a host to hold more units. It brings their weights into memory, then answers, and serves them from then on.
/// Holding what is held already is no error; a call for no units asks whether the host is well.
package struct HoldRequest: Sendable, Equatable {
    /// The router's instance: what one router asks for is no business of another.
    package let router: String
    /// The fingerprint of the router's checkpoint; a host with another checkpoint refuses.
    package let modelFingerprint: String
    /// The version of the router's plan. Only people read it.
    package let planVersion: Int
    /// The units to hold beside those that are held already.
    package let units: [ExpertUnit]
    /// Whether the answer has digests of the weights that the host has read.
    package let withDigests: Bool

    /// Each parameter becomes the property of its name.
    package init(
        router: String, modelFingerprint: String, planVersion: Int, units: [ExpertUnit], withDigests: Bool = false
    ) {
        self.router = router
        self.modelFingerprint = modelFingerprint
        self.planVersion = planVersion
        self.units = units
        self.withDigests = withDigests
    }
}

extension HoldRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "HoldRequest", bytes, minimax__cluster__v1__hold_request__unpack,
            minimax__cluster__v1__hold_request__free_unpacked, HoldRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            try unsafe encode(cMessage(in: arena), body)
        }
    }

    init(_ message: Minimax__Cluster__V1__HoldRequest, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            router: fields.string(message.router),
            modelFingerprint: fields.string(message.model_fingerprint),
            planVersion: fields.integer(message.plan_version, "plan_version"),
            units: fields.array(message.units, message.n_units, ExpertUnit.init),
            withDigests: message.with_digests != 0)
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__HoldRequest {
        var message = unsafe Minimax__Cluster__V1__HoldRequest()
        unsafe minimax__cluster__v1__hold_request__init(&message)
        unsafe message.router = arena.copy(router)
        unsafe message.model_fingerprint = arena.copy(modelFingerprint)
        unsafe message.plan_version = UInt64(planVersion)
        unsafe message.n_units = units.count
        unsafe message.units = arena.pointers(to: units) { unsafe $0.cMessage() }
        unsafe message.with_digests = withDigests ? 1 : 0
        return unsafe message
    }
}
