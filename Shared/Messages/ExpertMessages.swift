internal import CMessages
internal import CProtobufC

/// One expert of one layer; `expert == expertCount` is the layer's shared expert.
package struct ExpertUnit: Sendable, Hashable {
    package let layer: Int
    package let expert: Int

    package init(layer: Int, expert: Int) {
        self.layer = layer
        self.expert = expert
    }
}

/// Which experts a host shall hold.
package struct AssignRequest: WireMessage, Equatable {
    package let planVersion: Int
    package let modelFingerprint: String
    package let units: [ExpertUnit]

    package init(planVersion: Int, modelFingerprint: String, units: [ExpertUnit]) {
        self.planVersion = planVersion
        self.modelFingerprint = modelFingerprint
        self.units = units
    }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "AssignRequest"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__assign_request__unpack, minimax__cluster__v1__assign_request__free_unpacked) {
            message throws(MessageError) in
            try unsafe AssignRequest(
                planVersion: integer(message.plan_version, of: type, "plan_version"),
                modelFingerprint: string(message.model_fingerprint),
                units: array(message.units, message.n_units) { unsafe ExpertUnit(layer: Int($0.layer), expert: Int($0.expert)) })
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = PackingArena()
        var message = unsafe Minimax__Cluster__V1__AssignRequest()
        unsafe minimax__cluster__v1__assign_request__init(&message)
        unsafe message.plan_version = UInt64(planVersion)
        unsafe message.model_fingerprint = arena.copy(modelFingerprint)
        let units = unsafe units.map { unit in
            var message = unsafe Minimax__Cluster__V1__ExpertUnit()
            unsafe minimax__cluster__v1__expert_unit__init(&message)
            unsafe message.layer = UInt32(unit.layer)
            unsafe message.expert = UInt32(unit.expert)
            return unsafe message
        }
        unsafe message.n_units = units.count
        unsafe message.units = arena.pointers(to: units)
        return try withExtendedLifetime(arena) { try unsafe packing(message, body) }
    }
}

/// A host holds what it was assigned.
package struct AssignResponse: WireMessage, Equatable {
    package let weightBytes: Int

    package init(weightBytes: Int) { self.weightBytes = weightBytes }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "AssignResponse"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__assign_response__unpack, minimax__cluster__v1__assign_response__free_unpacked) {
            message throws(MessageError) in
            try unsafe AssignResponse(weightBytes: integer(message.weight_bytes, of: type, "weight_bytes"))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__AssignResponse()
        unsafe minimax__cluster__v1__assign_response__init(&message)
        unsafe message.weight_bytes = UInt64(weightBytes)
        return try unsafe packing(message, body)
    }
}

/// The rows of one call that one expert computes.
package struct TokenGroup: Sendable, Equatable {
    package let expert: Int
    /// Indices into the rows of the call's `hidden`.
    package let rows: [UInt32]

    package init(expert: Int, rows: [UInt32]) {
        self.expert = expert
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
                groups: array(message.groups, message.n_groups) { group in
                    unsafe TokenGroup(expert: Int(group.expert), rows: Array(UnsafeBufferPointer(start: group.rows, count: group.n_rows)))
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

/// What the experts gave: (sum of group sizes, hidden), group after group, unweighted.
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
