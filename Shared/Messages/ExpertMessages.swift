internal import CMessages
internal import CProtobufC

/// Some or all of what one expert of one layer does; `expert == expertCount` is the layer's shared expert.
package struct ExpertUnit: Sendable, Hashable {
    package let layer: Int
    package let expert: Int
    package let slice: ExpertSlice

    package init(layer: Int, expert: Int, slice: ExpertSlice = .whole) {
        self.layer = layer
        self.expert = expert
        self.slice = slice
    }
}

extension ExpertUnit: CustomStringConvertible {
    package var description: String {
        slice == .whole ? "expert \(expert) of layer \(layer)" : "slice \(slice.index) of \(slice.count) of expert \(expert) of layer \(layer)"
    }
}

/// Which units a host shall hold beside those it holds already.
package struct HoldRequest: WireMessage, Equatable {
    /// The router's instance.
    package let router: String
    package let modelFingerprint: String
    package let planVersion: Int
    package let units: [ExpertUnit]
    /// Whether the answer shall tell what the host has read.
    package let withDigests: Bool

    package init(
        router: String, modelFingerprint: String, planVersion: Int, units: [ExpertUnit], withDigests: Bool = false
    ) {
        self.router = router
        self.modelFingerprint = modelFingerprint
        self.planVersion = planVersion
        self.units = units
        self.withDigests = withDigests
    }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "HoldRequest"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__hold_request__unpack, minimax__cluster__v1__hold_request__free_unpacked) {
            message throws(MessageError) in
            try unsafe HoldRequest(
                router: string(message.router),
                modelFingerprint: string(message.model_fingerprint),
                planVersion: integer(message.plan_version, of: type, "plan_version"),
                units: array(message.units, message.n_units) { unit throws(MessageError) in
                    try unsafe ExpertUnit(unit, of: type)
                },
                withDigests: message.with_digests != 0)
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = PackingArena()
        var message = unsafe Minimax__Cluster__V1__HoldRequest()
        unsafe minimax__cluster__v1__hold_request__init(&message)
        unsafe message.router = arena.copy(router)
        unsafe message.model_fingerprint = arena.copy(modelFingerprint)
        unsafe message.plan_version = UInt64(planVersion)
        unsafe message.with_digests = withDigests ? 1 : 0
        unsafe message.n_units = units.count
        unsafe message.units = arena.pointers(to: units.map { unsafe $0.message })
        return try withExtendedLifetime(arena) { try unsafe packing(message, body) }
    }
}

/// A host holds what it was asked to.
package struct HoldResponse: WireMessage, Equatable {
    package let heldBytes: Int
    /// For each unit, for each of its smallest slices, those of w1, w3 and w2.
    package let digests: [WeightDigest]

    package init(heldBytes: Int, digests: [WeightDigest] = []) {
        self.heldBytes = heldBytes
        self.digests = digests
    }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "HoldResponse"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__hold_response__unpack, minimax__cluster__v1__hold_response__free_unpacked) {
            message throws(MessageError) in
            try unsafe HoldResponse(
                heldBytes: integer(message.held_bytes, of: type, "held_bytes"),
                digests: WeightDigest.decoded(message.digests, of: type))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__HoldResponse()
        unsafe minimax__cluster__v1__hold_response__init(&message)
        unsafe message.held_bytes = UInt64(heldBytes)
        return try unsafe WeightDigest.withField(digests) {
            unsafe message.digests = $0
            return try unsafe packing(message, body)
        }
    }
}

/// The only units that a host shall go on holding for a router.
package struct RetainRequest: WireMessage, Equatable {
    package let router: String
    package let units: [ExpertUnit]

    package init(router: String, units: [ExpertUnit]) {
        self.router = router
        self.units = units
    }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "RetainRequest"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__retain_request__unpack, minimax__cluster__v1__retain_request__free_unpacked) {
            message throws(MessageError) in
            try unsafe RetainRequest(
                router: string(message.router),
                units: array(message.units, message.n_units) { unit throws(MessageError) in try unsafe ExpertUnit(unit, of: type) })
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = PackingArena()
        var message = unsafe Minimax__Cluster__V1__RetainRequest()
        unsafe minimax__cluster__v1__retain_request__init(&message)
        unsafe message.router = arena.copy(router)
        unsafe message.n_units = units.count
        unsafe message.units = arena.pointers(to: units.map { unsafe $0.message })
        return try withExtendedLifetime(arena) { try unsafe packing(message, body) }
    }
}

/// What a host holds now.
package struct RetainResponse: WireMessage, Equatable {
    package let heldBytes: Int

    package init(heldBytes: Int) { self.heldBytes = heldBytes }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "RetainResponse"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__retain_response__unpack, minimax__cluster__v1__retain_response__free_unpacked) {
            message throws(MessageError) in
            try unsafe RetainResponse(heldBytes: integer(message.held_bytes, of: type, "held_bytes"))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__RetainResponse()
        unsafe minimax__cluster__v1__retain_response__init(&message)
        unsafe message.held_bytes = UInt64(heldBytes)
        return try unsafe packing(message, body)
    }
}

extension ExpertUnit {
    fileprivate init(_ message: Minimax__Cluster__V1__ExpertUnit, of type: String) throws(MessageError) {
        self = unsafe ExpertUnit(
            layer: Int(message.layer), expert: Int(message.expert), slice: try ExpertSlice(index: message.slice, count: message.slices, of: type))
    }

    fileprivate var message: Minimax__Cluster__V1__ExpertUnit {
        var message = unsafe Minimax__Cluster__V1__ExpertUnit()
        unsafe minimax__cluster__v1__expert_unit__init(&message)
        unsafe message.layer = UInt32(layer)
        unsafe message.expert = UInt32(expert)
        unsafe message.slice = UInt32(slice.index)
        unsafe message.slices = UInt32(slice.count)
        return unsafe message
    }
}

/// The rows of one call that one expert computes.
package struct TokenGroup: Sendable, Equatable {
    package let expert: Int
    package let slice: ExpertSlice
    /// Indices into the rows of the call's `hidden`.
    package let rows: [UInt32]

    package init(expert: Int, slice: ExpertSlice = .whole, rows: [UInt32]) {
        self.expert = expert
        self.slice = slice
        self.rows = rows
    }
}

/// Token groups of one layer for one host. `hidden` has shape (rows, hidden).
package struct ExpertRequest: WireMessage, Equatable {
    package let layer: Int
    package let hidden: [Float]
    package let groups: [TokenGroup]

    package init(layer: Int, hidden: [Float], groups: [TokenGroup]) {
        self.layer = layer
        self.hidden = hidden
        self.groups = groups
    }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "ExpertRequest"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__expert_request__unpack, minimax__cluster__v1__expert_request__free_unpacked) {
            message throws(MessageError) in
            try unsafe ExpertRequest(
                layer: Int(message.layer),
                hidden: floats(message.hidden, of: type, "hidden"),
                groups: array(message.groups, message.n_groups) { group throws(MessageError) in
                    unsafe TokenGroup(
                        expert: Int(group.expert), slice: try ExpertSlice(index: group.slice, count: group.slices, of: type),
                        rows: Array(UnsafeBufferPointer(start: group.rows, count: group.n_rows)))
                })
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = PackingArena()
        var message = unsafe Minimax__Cluster__V1__ExpertRequest()
        unsafe minimax__cluster__v1__expert_request__init(&message)
        unsafe message.layer = UInt32(layer)
        let groups = unsafe groups.map { group in
            var message = unsafe Minimax__Cluster__V1__TokenGroup()
            unsafe minimax__cluster__v1__token_group__init(&message)
            unsafe message.expert = UInt32(group.expert)
            unsafe message.slice = UInt32(group.slice.index)
            unsafe message.slices = UInt32(group.slice.count)
            unsafe message.n_rows = group.rows.count
            unsafe message.rows = arena.copy(group.rows)
            return unsafe message
        }
        unsafe message.n_groups = groups.count
        unsafe message.groups = arena.pointers(to: groups)
        return try withExtendedLifetime(arena) {
            try unsafe withField(hidden) {
                unsafe message.hidden = $0
                return try unsafe packing(message, body)
            }
        }
    }
}

/// What the experts or their slices gave: (sum of group sizes, hidden), group after group, unweighted.
package struct ExpertResponse: WireMessage, Equatable {
    package let outputs: [Float]

    package init(outputs: [Float]) { self.outputs = outputs }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "ExpertResponse"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__expert_response__unpack, minimax__cluster__v1__expert_response__free_unpacked) {
            message throws(MessageError) in
            try unsafe ExpertResponse(
                outputs: floats(message.outputs, of: type, "outputs"))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__ExpertResponse()
        unsafe minimax__cluster__v1__expert_response__init(&message)
        return try unsafe withField(outputs) {
            unsafe message.outputs = $0
            return try unsafe packing(message, body)
        }
    }
}
