package import Logging
package import Messages
package import NIOCore
package import Transport

extension RPCClient {
    /// One typed call: encodes the request, waits for the answer, decodes it.
    package func call<Request, Response>(
        _ endpoint: Endpoint<Request, Response>, _ request: Request, timeout: TimeAmount,
        whenDisconnected: WhenDisconnected = .failAfterFailure
    ) async throws(RPCError) -> Response {
        let body = ByteBuffer(request)
        let answer = try await call(endpoint.path, body, timeout: timeout, whenDisconnected: whenDisconnected)
        do {
            return try answer.decoded(Response.self)
        } catch {
            throw RPCError(.protocolError, "the answer of \(endpoint.path) is not what it should be: \(error)")
        }
    }
}

/// What a service answers: a handler for each endpoint it has.
package struct EndpointHandlers: Sendable {
    /// What the request says of the call, beside its head, is added to the context as soon as it is decoded.
    private typealias Handler = @Sendable (RPCRequest, inout CallContext) async throws -> ByteBuffer

    private var handlers: [String: Handler] = [:]
    private let failures: CallFailures
    private let translate: @Sendable (any Error) -> RPCError?

    /// - Parameters:
    ///   - logger: is told of the calls that fail: unexpected ones as errors, refused ones for debugging.
    ///   - translate: turns the service's own errors into those of the wire; nil is an error nobody expected.
    package init(logger: Logger, translate: @escaping @Sendable (any Error) -> RPCError?) {
        failures = CallFailures(logger)
        self.translate = translate
    }

    /// Adds an endpoint.
    ///
    /// - Parameter answerBytes: how long the answer will be, where that is more than the request suggests; a peer that
    ///   does not read its answers is refused more of them.
    package mutating func on<Request, Response>(
        _ endpoint: Endpoint<Request, Response>, answerBytes: (@Sendable (Request) -> Int)? = nil,
        _ handler: @escaping @Sendable (Request, CallContext) async throws -> Response
    ) {
        handlers[endpoint.path] = { call, context in
            let request = try call.body.decoded(Request.self)
            context.router = request.routerInstance
            if let answerBytes { try call.reserveAnswer(answerBytes(request)) }
            return ByteBuffer(try await handler(request, context))
        }
    }

    /// The handler of an `RPCServer`.
    package func answer(_ call: RPCRequest) async throws -> ByteBuffer {
        var context = CallContext(call)
        do {
            guard let handler = handlers[call.path] else {
                throw RPCError(.notFound, "nothing answers at \(call.path)")
            }
            return try await handler(call, &context)
        } catch {
            throw failure(error, context)
        }
    }

    /// What the caller is told; logs it.
    private func failure(_ error: any Error, _ context: CallContext) -> any Error {
        if error is CancellationError { return error }        // the caller does not wait any more
        guard let refusal = refusal(error) else {
            failures.failed(error, context)
            return error
        }
        failures.refused(refusal, context)
        return refusal
    }

    /// Nil for an error that nobody expected.
    private func refusal(_ error: any Error) -> RPCError? {
        switch error {
        case let error as RPCError: error
        case let error as MessageError: RPCError(.invalidArgument, "\(error)")
        default: translate(error)
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
        let rowBytes = hiddenSize * MemoryLayout<Float>.size
        limits.messageBytesMax = min(limits.messageBytesMax, rowsPerCallMax * rowBytes + 1 << 20)
        return limits
    }

    /// Of a service that takes short messages only.
    package static var control: RPCLimits {
        var limits = RPCLimits()
        limits.messageBytesMax = 64 << 10
        return limits
    }
}
