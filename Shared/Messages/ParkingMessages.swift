internal import CMessages
internal import CProtobufC

/// Moves a session from memory to disk.
package struct ParkSessionRequest: WireMessage, Equatable {
    package let router: UInt64
    package let session: UInt64

    package init(router: UInt64 = 0, session: UInt64) { (self.router, self.session) = (router, session) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "ParkSessionRequest"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__park_session_request__unpack, minimax__cluster__v1__park_session_request__free_unpacked) {
            message throws(MessageError) in
            unsafe ParkSessionRequest(router: message.router, session: message.session)
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__ParkSessionRequest()
        unsafe minimax__cluster__v1__park_session_request__init(&message)
        unsafe message.router = router
        unsafe message.session = session
        return try unsafe packing(message, body)
    }
}

/// The session is parked.
package struct ParkSessionResponse: WireMessage, Equatable {
    package let parkedBytes: Int

    package init(parkedBytes: Int) { self.parkedBytes = parkedBytes }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "ParkSessionResponse"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__park_session_response__unpack, minimax__cluster__v1__park_session_response__free_unpacked) {
            message throws(MessageError) in
            try unsafe ParkSessionResponse(parkedBytes: integer(message.parked_bytes, of: type, "parked_bytes"))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__ParkSessionResponse()
        unsafe minimax__cluster__v1__park_session_response__init(&message)
        unsafe message.parked_bytes = UInt64(parkedBytes)
        return try unsafe packing(message, body)
    }
}

/// Brings a parked session back.
package struct ResumeSessionRequest: WireMessage, Equatable {
    package let router: UInt64
    package let session: UInt64
    /// Positions the session may reach from now on; 0: as many as before.
    package let tokensMax: Int

    package init(router: UInt64 = 0, session: UInt64, tokensMax: Int = 0) {
        (self.router, self.session, self.tokensMax) = (router, session, tokensMax)
    }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "ResumeSessionRequest"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__resume_session_request__unpack, minimax__cluster__v1__resume_session_request__free_unpacked) {
            message throws(MessageError) in
            try unsafe ResumeSessionRequest(
                router: message.router,
                session: message.session,
                tokensMax: integer(message.tokens_max, of: type, "tokens_max"))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__ResumeSessionRequest()
        unsafe minimax__cluster__v1__resume_session_request__init(&message)
        unsafe message.router = router
        unsafe message.tokens_max = UInt64(tokensMax)
        unsafe message.session = session
        return try unsafe packing(message, body)
    }
}

/// The session is in memory again.
package struct ResumeSessionResponse: WireMessage, Equatable {
    package let reservedBytes: Int

    package init(reservedBytes: Int) { self.reservedBytes = reservedBytes }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "ResumeSessionResponse"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__resume_session_response__unpack, minimax__cluster__v1__resume_session_response__free_unpacked) {
            message throws(MessageError) in
            try unsafe ResumeSessionResponse(reservedBytes: integer(message.reserved_bytes, of: type, "reserved_bytes"))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe Minimax__Cluster__V1__ResumeSessionResponse()
        unsafe minimax__cluster__v1__resume_session_response__init(&message)
        unsafe message.reserved_bytes = UInt64(reservedBytes)
        return try unsafe packing(message, body)
    }
}
