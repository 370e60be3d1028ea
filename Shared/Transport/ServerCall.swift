import NIOCore

/// Where one call stands on the server. No socket, clock or task inside.
struct ServerCall {
    enum Action: Equatable {
        case none
        /// The request is whole: run the handler.
        case start(ByteBuffer)
        case answer(ByteBuffer)
        case refuse(RPCError)
        /// The caller is gone: cancel the handler's task.
        case cancel
        case refuseAndCancel(RPCError)
    }

    private enum State {
        case receiving(InboundBody)
        case running
        /// The handler still runs, but nobody waits for what it says.
        case abandoned
        case answered
    }

    let head: RequestHead
    private var state: State
    private var isStreamOpen = true

    init(head: RequestHead) {
        self.head = head
        state = .receiving(InboundBody(announced: head.bodyCount))
    }

    /// A call that was refused for its head; it remains until its stream is closed.
    init(refused: Void) {
        head = RequestHead(path: "", bodyCount: 0, timeoutMilliseconds: nil, traceparent: nil)
        state = .answered
    }

    var isReceiving: Bool {
        if case .receiving = state { true } else { false }
    }

    /// The handler's task may still hold the request's body.
    var holdsBody: Bool {
        switch state {
        case .receiving, .running, .abandoned: true
        case .answered: false
        }
    }

    /// Nothing more can happen to this call.
    var isOver: Bool { !isStreamOpen && !holdsBody }

    mutating func received(_ chunk: ByteBuffer) -> Action {
        // The tail of a request that has been refused.
        guard case .receiving(var body) = state else { return .none }
        state = .answered        // `body` is now the only owner of its buffer
        do throws(RPCError) { try body.append(chunk) } catch { return .refuse(error) }
        state = .receiving(body)
        return .none
    }

    mutating func receivedEnd() -> Action {
        guard case .receiving(let body) = state else { return .none }
        do throws(RPCError) {
            let bytes = try body.complete()
            state = .running
            return .start(bytes)
        } catch {
            state = .answered
            return .refuse(error)
        }
    }

    mutating func handlerFinished(_ result: Result<ByteBuffer, RPCError>) -> Action {
        defer { state = .answered }
        guard case .running = state else { return .none }
        return switch result {
        case .success(let body): .answer(body)
        case .failure(let error): .refuse(error)
        }
    }

    mutating func deadlinePassed() -> Action {
        let error = RPCError(.deadlineExceeded, "\(head.path) was not done within \(head.timeoutMilliseconds ?? 0) ms")
        switch state {
        case .receiving:
            state = .answered
            return .refuse(error)
        case .running:
            state = .abandoned
            return .refuseAndCancel(error)
        case .abandoned, .answered:
            return .none
        }
    }

    /// The request stopped half-way and its time is up.
    mutating func receivingTimedOut() -> Action {
        guard case .receiving(let body) = state else { return .none }
        state = .answered
        return .refuse(
            RPCError(
                .deadlineExceeded, "\(body.bytes.readableBytes) of \(body.announced) bytes came before time was up"))
    }

    mutating func streamClosed() -> Action {
        isStreamOpen = false
        switch state {
        case .receiving:
            state = .answered
            return .none
        case .running:
            state = .abandoned
            return .cancel
        case .abandoned, .answered:
            return .none
        }
    }
}
