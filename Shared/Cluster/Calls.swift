package import Messages
package import NIOCore
package import Transport

extension RPCClient {
    /// One typed call: encodes the request, waits for the answer, decodes it.
    package func call<Request, Response>(
        _ endpoint: Endpoint<Request, Response>, _ request: Request, timeout: TimeAmount, whenDisconnected: WhenDisconnected = .failAfterFailure
    ) async throws(RPCError) -> Response {
        let answer = try await call(endpoint.path, ByteBuffer(request), timeout: timeout, whenDisconnected: whenDisconnected)
        do {
            return try answer.decoded(Response.self)
        } catch {
            throw RPCError(.protocolError, "the answer of \(endpoint.path) is not what it should be: \(error)")
        }
    }
}

/// What a service answers: a handler for each endpoint it has.
package struct EndpointHandlers: Sendable {
    private var handlers: [String: @Sendable (RPCRequest) async throws -> ByteBuffer] = [:]
    private let translate: @Sendable (any Error) -> RPCError?

    /// - Parameter translate: turns the service's own errors into those of the wire; nil is an error nobody expected.
    package init(translate: @escaping @Sendable (any Error) -> RPCError?) { self.translate = translate }

    /// - Parameter answerBytes: how long the answer will be, where that is more than the request suggests; a peer that does not read its
    ///   answers is refused more of them.
    package mutating func on<Request, Response>(
        _ endpoint: Endpoint<Request, Response>, answerBytes: (@Sendable (Request) -> Int)? = nil,
        _ handler: @escaping @Sendable (Request) async throws -> Response
    ) {
        handlers[endpoint.path] = { call in
            let request = try call.body.decoded(Request.self)
            if let answerBytes { try call.reserveAnswer(answerBytes(request)) }
            return ByteBuffer(try await handler(request))
        }
    }

    /// The handler of an `RPCServer`.
    package func answer(_ request: RPCRequest) async throws -> ByteBuffer {
        guard let handler = handlers[request.path] else { throw RPCError(.notFound, "nothing answers at \(request.path)") }
        do {
            return try await handler(request)
        } catch let error as MessageError {
            throw RPCError(.invalidArgument, "\(error)")
        } catch {
            throw translate(error) ?? error
        }
    }
}

extension ByteBuffer {
    /// The message, packed into one buffer of its size.
    init(_ message: some WireMessage) {
        self = unsafe message.encoded { byteCount, write in
            var buffer = ByteBufferAllocator().buffer(capacity: byteCount)
            unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: byteCount) { bytes in
                unsafe write(UnsafeMutableRawBufferPointer(rebasing: bytes[..<byteCount]))
                return byteCount
            }
            return buffer
        }
    }

    func decoded<Message: WireMessage>(_: Message.Type) throws(MessageError) -> Message {
        try Message(decoding: readableBytesSpan)
    }
}

extension RPCLimits {
    /// Most rows of activations in one call; bounds what a peer can make a service hold, and what decoding it can cost.
    package static let rowsPerCallMax = 4096

    /// Of a service that takes rows of `hiddenSize` float32 values.
    package static func activations(hiddenSize: Int) -> RPCLimits {
        var limits = RPCLimits()
        limits.messageBytesMax = min(limits.messageBytesMax, rowsPerCallMax * hiddenSize * MemoryLayout<Float>.size + 1 << 20)
        return limits
    }

    /// Of a service that takes short messages only.
    package static var control: RPCLimits {
        var limits = RPCLimits()
        limits.messageBytesMax = 64 << 10
        return limits
    }
}
