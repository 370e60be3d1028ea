import NIOCore

/// Where one call stands on the client. No socket, clock or continuation inside.
struct ClientCall {
    enum Action: Equatable {
        case none
        /// A body of this size is on its way.
        case announce(Int)
        case finish(Result<ByteBuffer, RPCError>)
        /// The same, and the server is told to stop.
        case finishAndReset(Result<ByteBuffer, RPCError>)
    }

    private enum State {
        case waiting
        case receiving(InboundBody)
        /// The server's own error is coming, with its sentence.
        case failing(RPCError.Code, sentence: ByteBuffer)
        case done
    }

    private var state = State.waiting

    mutating func received(_ fields: HeaderFields, limits: RPCLimits) -> Action {
        guard case .waiting = state else { return .none }        // trailers
        if fields[":status"]?.hasPrefix("1") == true { return .none }        // an interim answer; the real one follows
        do throws(RPCError) {
            let head = try AnswerHead(fields, limits: limits)
            if let code = head.failure {
                state = .failing(code, sentence: ByteBuffer())
                return .none
            }
            state = .receiving(InboundBody(announced: head.bodyCount))
            return .announce(head.bodyCount)
        } catch {
            // Whatever is wrong with an answer is the server's fault, not the argument's.
            return fail(error.code == .invalidArgument ? RPCError(.protocolError, error.message) : error)
        }
    }

    mutating func received(_ chunk: ByteBuffer) -> Action {
        switch state {
        case .receiving(var body):
            state = .done        // `body` is now the only owner of its buffer
            do throws(RPCError) { try body.append(chunk) } catch { return .finishAndReset(.failure(error)) }
            state = .receiving(body)
            return .none
        case .failing(let code, var sentence):
            let room = AnswerHead.sentenceBytesMax - sentence.readableBytes
            sentence.writeBytes(chunk.readableBytesView.prefix(room))
            state = .failing(code, sentence: sentence)
            // A foreign server's long error page is cut here.
            return chunk.readableBytes > room ? fail(RPCError(code, String(buffer: sentence))) : .none
        case .waiting:
            return fail(RPCError(.protocolError, "a body came before the answer's head"))
        case .done:
            return .none
        }
    }

    mutating func receivedEnd() -> Action {
        defer { state = .done }
        switch state {
        case .receiving(let body):
            do throws(RPCError) { return .finish(.success(try body.complete())) } catch {
                return .finish(.failure(error))
            }
        case .failing(let code, let sentence):
            let text = String(buffer: sentence)
            return .finish(.failure(RPCError(code, text.isEmpty ? "the server gave no reason" : text)))
        case .waiting:
            return .finish(.failure(RPCError(.protocolError, "the stream ended before an answer")))
        case .done:
            return .none
        }
    }

    mutating func streamClosed(code: UInt32) -> Action {
        guard !isDone else { return .none }
        state = .done
        let sentence =
            code == HTTP2Code.refusedStream
            ? "the server did not take the call" : "the server ended the call with HTTP/2 error \(code)"
        return .finish(.failure(RPCError(RPCError.Code(resetCode: code), sentence)))
    }

    /// For a deadline, a cancelled caller, or an answer that breaks a rule.
    mutating func fail(_ error: RPCError) -> Action {
        guard !isDone else { return .none }
        state = .done
        return .finishAndReset(.failure(error))
    }

    private var isDone: Bool {
        if case .done = state { true } else { false }
    }
}
