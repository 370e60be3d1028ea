internal import CMessages
internal import CProtobufC

/// Asks an attention service what it is, and renews the lease of a router's sessions.
package struct DescribeRequest: WireMessage, Equatable {
    /// 0: of no router.
    package let router: UInt64

    package init(router: UInt64 = 0) { self.router = router }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "DescribeRequest"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__describe_request__unpack, minimax__cluster__v1__describe_request__free_unpacked) {
            message throws(MessageError) in
            unsafe DescribeRequest(router: message.router)
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__DescribeRequest()
        unsafe minimax__cluster__v1__describe_request__init(&message)
        unsafe message.router = router
        return try unsafe packing(message, body)
    }
}

/// What an attention service is, and how it stands.
package struct AttentionDescription: WireMessage, Equatable {
    package let modelFingerprint: String
    package let kernels: String
    /// For the state of all sessions.
    package let memoryBudgetBytes: Int
    package let arithmetic: String
    /// Of the budget, what sessions of other routers have reserved.
    package let othersBytes: Int
    /// For how long the call that is being computed has been; 0 where there is none.
    package let stalledMilliseconds: Int
    /// The same for all processes that read the same files of the same machine.
    package let weightsCopy: String

    package init(
        modelFingerprint: String, kernels: String, memoryBudgetBytes: Int, arithmetic: String, othersBytes: Int,
        stalledMilliseconds: Int, weightsCopy: String = ""
    ) {
        self.modelFingerprint = modelFingerprint
        self.kernels = kernels
        self.memoryBudgetBytes = memoryBudgetBytes
        self.arithmetic = arithmetic
        self.othersBytes = othersBytes
        self.stalledMilliseconds = stalledMilliseconds
        self.weightsCopy = weightsCopy
    }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "AttentionDescription"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__attention_description__unpack, minimax__cluster__v1__attention_description__free_unpacked) {
            message throws(MessageError) in
            try unsafe AttentionDescription(
                modelFingerprint: string(message.model_fingerprint),
                kernels: string(message.kernels),
                memoryBudgetBytes: integer(message.memory_budget_bytes, of: type, "memory_budget_bytes"),
                arithmetic: string(message.arithmetic),
                othersBytes: integer(message.others_bytes, of: type, "others_bytes"),
                stalledMilliseconds: Int(message.stalled_ms),
                weightsCopy: string(message.weights_copy))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = PackingArena()
        var message = unsafe Minimax__Cluster__V1__AttentionDescription()
        unsafe minimax__cluster__v1__attention_description__init(&message)
        unsafe message.model_fingerprint = arena.copy(modelFingerprint)
        unsafe message.kernels = arena.copy(kernels)
        unsafe message.memory_budget_bytes = UInt64(memoryBudgetBytes)
        unsafe message.arithmetic = arena.copy(arithmetic)
        unsafe message.others_bytes = UInt64(othersBytes)
        unsafe message.stalled_ms = UInt32(stalledMilliseconds)
        unsafe message.weights_copy = arena.copy(weightsCopy)
        return try withExtendedLifetime(arena) {
            try unsafe packing(message, body)
        }
    }
}

/// Reserves memory for a session of at most `tokensMax` positions; `GrowSessionRequest` gives it more.
package struct OpenSessionRequest: WireMessage, Equatable {
    package let router: UInt64
    package let session: UInt64
    package let tokensMax: Int

    package init(router: UInt64 = 0, session: UInt64, tokensMax: Int) {
        self.router = router
        self.session = session
        self.tokensMax = tokensMax
    }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "OpenSessionRequest"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__open_session_request__unpack, minimax__cluster__v1__open_session_request__free_unpacked) {
            message throws(MessageError) in
            try unsafe OpenSessionRequest(
                router: message.router,
                session: message.session,
                tokensMax: integer(message.tokens_max, of: type, "tokens_max"))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__OpenSessionRequest()
        unsafe minimax__cluster__v1__open_session_request__init(&message)
        unsafe message.router = router
        unsafe message.session = session
        unsafe message.tokens_max = UInt64(tokensMax)
        return try unsafe packing(message, body)
    }
}

/// The session is open.
package struct OpenSessionResponse: WireMessage, Equatable {
    package let reservedBytes: Int

    package init(reservedBytes: Int) { self.reservedBytes = reservedBytes }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "OpenSessionResponse"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__open_session_response__unpack, minimax__cluster__v1__open_session_response__free_unpacked) {
            message throws(MessageError) in
            try unsafe OpenSessionResponse(
                reservedBytes: integer(message.reserved_bytes, of: type, "reserved_bytes"))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__OpenSessionResponse()
        unsafe minimax__cluster__v1__open_session_response__init(&message)
        unsafe message.reserved_bytes = UInt64(reservedBytes)
        return try unsafe packing(message, body)
    }
}

/// Reserves memory for more positions of an open session.
package struct GrowSessionRequest: WireMessage, Equatable {
    package let router: UInt64
    package let session: UInt64
    /// Positions the session may reach from now on.
    package let tokensMax: Int

    package init(router: UInt64 = 0, session: UInt64, tokensMax: Int) {
        self.router = router
        self.session = session
        self.tokensMax = tokensMax
    }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "GrowSessionRequest"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__grow_session_request__unpack, minimax__cluster__v1__grow_session_request__free_unpacked) {
            message throws(MessageError) in
            try unsafe GrowSessionRequest(
                router: message.router,
                session: message.session,
                tokensMax: integer(message.tokens_max, of: type, "tokens_max"))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__GrowSessionRequest()
        unsafe minimax__cluster__v1__grow_session_request__init(&message)
        unsafe message.router = router
        unsafe message.session = session
        unsafe message.tokens_max = UInt64(tokensMax)
        return try unsafe packing(message, body)
    }
}

/// The session has grown.
package struct GrowSessionResponse: WireMessage, Equatable {
    /// For the whole session.
    package let reservedBytes: Int

    package init(reservedBytes: Int) { self.reservedBytes = reservedBytes }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "GrowSessionResponse"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__grow_session_response__unpack, minimax__cluster__v1__grow_session_response__free_unpacked) {
            message throws(MessageError) in
            try unsafe GrowSessionResponse(
                reservedBytes: integer(message.reserved_bytes, of: type, "reserved_bytes"))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__GrowSessionResponse()
        unsafe minimax__cluster__v1__grow_session_response__init(&message)
        unsafe message.reserved_bytes = UInt64(reservedBytes)
        return try unsafe packing(message, body)
    }
}

/// Frees sessions; unknown ids are no error.
package struct CloseSessionsRequest: WireMessage, Equatable {
    package let router: UInt64
    package let sessions: [UInt64]
    /// All of this router.
    package let all: Bool

    package init(router: UInt64 = 0, sessions: [UInt64], all: Bool) {
        self.router = router
        self.sessions = sessions
        self.all = all
    }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "CloseSessionsRequest"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__close_sessions_request__unpack, minimax__cluster__v1__close_sessions_request__free_unpacked) {
            message throws(MessageError) in
            unsafe CloseSessionsRequest(
                router: message.router,
                sessions: Array(UnsafeBufferPointer(start: message.sessions, count: message.n_sessions)),
                all: message.all != 0)
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = PackingArena()
        var message = unsafe Minimax__Cluster__V1__CloseSessionsRequest()
        unsafe minimax__cluster__v1__close_sessions_request__init(&message)
        unsafe message.router = router
        unsafe message.n_sessions = sessions.count
        unsafe message.sessions = arena.copy(sessions)
        unsafe message.all = all ? 1 : 0
        return try withExtendedLifetime(arena) {
            try unsafe packing(message, body)
        }
    }
}

/// How many of them there were.
package struct CloseSessionsResponse: WireMessage, Equatable {
    package let closed: Int

    package init(closed: Int) { self.closed = closed }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "CloseSessionsResponse"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__close_sessions_response__unpack, minimax__cluster__v1__close_sessions_response__free_unpacked) {
            message throws(MessageError) in
            unsafe CloseSessionsResponse(
                closed: Int(message.closed))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__CloseSessionsResponse()
        unsafe minimax__cluster__v1__close_sessions_response__init(&message)
        unsafe message.closed = UInt32(closed)
        return try unsafe packing(message, body)
    }
}

/// Token ids to embed.
package struct EmbedRequest: WireMessage, Equatable {
    package let tokens: [UInt32]

    package init(tokens: [UInt32]) { self.tokens = tokens }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "EmbedRequest"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__embed_request__unpack, minimax__cluster__v1__embed_request__free_unpacked) {
            message throws(MessageError) in
            unsafe EmbedRequest(
                tokens: Array(UnsafeBufferPointer(start: message.tokens, count: message.n_tokens)))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = PackingArena()
        var message = unsafe Minimax__Cluster__V1__EmbedRequest()
        unsafe minimax__cluster__v1__embed_request__init(&message)
        unsafe message.n_tokens = tokens.count
        unsafe message.tokens = arena.copy(tokens)
        return try withExtendedLifetime(arena) {
            try unsafe packing(message, body)
        }
    }
}

/// Their embeddings, (tokens, hidden).
package struct EmbedResponse: WireMessage, Equatable {
    package let hidden: [Float]

    package init(hidden: [Float]) { self.hidden = hidden }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "EmbedResponse"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__embed_response__unpack, minimax__cluster__v1__embed_response__free_unpacked) {
            message throws(MessageError) in
            try unsafe EmbedResponse(
                hidden: floats(message.hidden, of: type, "hidden"))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__EmbedResponse()
        unsafe minimax__cluster__v1__embed_response__init(&message)
        return try unsafe withField(hidden) {
            unsafe message.hidden = $0
            return try unsafe packing(message, body)
        }
    }
}

/// One part's share of a layer's attention.
package struct SublayerResponse: WireMessage, Equatable {
    /// (rows, hidden)
    package let partial: [Float]
    /// Lightning layers: (rows) sums of squares before the output norm; softmax layers: empty.
    package let squares: [Float]

    package init(partial: [Float], squares: [Float]) {
        self.partial = partial
        self.squares = squares
    }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "SublayerResponse"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__sublayer_response__unpack, minimax__cluster__v1__sublayer_response__free_unpacked) {
            message throws(MessageError) in
            try unsafe SublayerResponse(
                partial: floats(message.partial, of: type, "partial"),
                squares: floats(message.squares, of: type, "squares"))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__SublayerResponse()
        unsafe minimax__cluster__v1__sublayer_response__init(&message)
        return try unsafe withField(partial) {
            unsafe message.partial = $0
            return try unsafe withField(squares) {
                unsafe message.squares = $0
                return try unsafe packing(message, body)
            }
        }
    }
}

/// Rows after the final norm, (rows, hidden).
package struct LogitsRequest: WireMessage, Equatable {
    package let hidden: [Float]

    package init(hidden: [Float]) { self.hidden = hidden }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "LogitsRequest"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__logits_request__unpack, minimax__cluster__v1__logits_request__free_unpacked) {
            message throws(MessageError) in
            try unsafe LogitsRequest(
                hidden: floats(message.hidden, of: type, "hidden"))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__LogitsRequest()
        unsafe minimax__cluster__v1__logits_request__init(&message)
        return try unsafe withField(hidden) {
            unsafe message.hidden = $0
            return try unsafe packing(message, body)
        }
    }
}

/// (rows, vocabulary)
package struct LogitsResponse: WireMessage, Equatable {
    package let logits: [Float]

    package init(logits: [Float]) { self.logits = logits }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "LogitsResponse"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__logits_response__unpack, minimax__cluster__v1__logits_response__free_unpacked) {
            message throws(MessageError) in
            try unsafe LogitsResponse(
                logits: floats(message.logits, of: type, "logits"))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__LogitsResponse()
        unsafe minimax__cluster__v1__logits_response__init(&message)
        return try unsafe withField(logits) {
            unsafe message.logits = $0
            return try unsafe packing(message, body)
        }
    }
}

/// Asks for a lightning layer's state after the session's last token.
package struct StateRequest: WireMessage, Equatable {
    package let router: UInt64
    package let session: UInt64
    package let layer: Int

    package init(router: UInt64 = 0, session: UInt64, layer: Int) {
        self.router = router
        self.session = session
        self.layer = layer
    }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "StateRequest"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__state_request__unpack, minimax__cluster__v1__state_request__free_unpacked) {
            message throws(MessageError) in
            unsafe StateRequest(
                router: message.router,
                session: message.session,
                layer: Int(message.layer))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__StateRequest()
        unsafe minimax__cluster__v1__state_request__init(&message)
        unsafe message.router = router
        unsafe message.session = session
        unsafe message.layer = UInt32(layer)
        return try unsafe packing(message, body)
    }
}

/// (heads, head dimension of the key, head dimension of the value)
package struct StateResponse: WireMessage, Equatable {
    package let state: [Float]

    package init(state: [Float]) { self.state = state }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "StateResponse"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__state_response__unpack, minimax__cluster__v1__state_response__free_unpacked) {
            message throws(MessageError) in
            try unsafe StateResponse(
                state: floats(message.state, of: type, "state"))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__StateResponse()
        unsafe minimax__cluster__v1__state_response__init(&message)
        return try unsafe withField(state) {
            unsafe message.state = $0
            return try unsafe packing(message, body)
        }
    }
}
