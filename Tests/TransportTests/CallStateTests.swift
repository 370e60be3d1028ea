import NIOCore
import Testing

@testable import Transport

private let limits = RPCLimits()
private let lost = RPCError(.unavailable, "lost")

private func requestFields(length: String?, _ more: [(String, String)] = []) -> HeaderFields {
    var fields = HeaderFields()
    fields.append(":method", "POST")
    fields.append(":path", "/v1/x")
    if let length { fields.append("content-length", length) }
    for (name, value) in more { fields.append(name, value) }
    return fields
}

private func answer(status: String, length: String?, code: String? = nil) -> HeaderFields {
    var fields = HeaderFields()
    fields.append(":status", status)
    if let length { fields.append("content-length", length) }
    if let code { fields.append("x-error-code", code) }
    return fields
}

@Suite("Heads of calls and answers") struct HeadTests {
    @Test("a request's head is read")
    func request() throws {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let head = try RequestHead(
            requestFields(length: "12", [("x-timeout-ms", "250"), ("traceparent", trace)]), limits: limits)
        #expect(head == RequestHead(path: "/v1/x", bodyCount: 12, timeoutMilliseconds: 250, traceparent: trace))
    }

    @Test(
        "a length or timeout that is no plain decimal number is refused",
        arguments: ["", "-1", "+1", " 1", "1e3", "0x10", "9999999999999999999", "١"])
    func numbers(text: String) {
        let error = #expect(throws: RPCError.self) { try RequestHead(requestFields(length: text), limits: limits) }
        #expect(error?.code == .invalidArgument)
        #expect(throws: RPCError.self) {
            try RequestHead(requestFields(length: "0", [("x-timeout-ms", text)]), limits: limits)
        }
    }

    @Test("a body over the limit is refused by its announcement alone")
    func tooLarge() {
        let error = #expect(throws: RPCError.self) {
            try RequestHead(requestFields(length: "268435457"), limits: limits)
        }
        #expect(error == RPCError(.resourceExhausted, "the request has 268435457 bytes, the limit is 268435456"))
    }

    @Test(
        "a traceparent that is not of its form is left out",
        arguments: ["", "00-AB", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0\n"])
    func traceparent(text: String) {
        #expect(RequestHead(path: "/", bodyCount: 0, timeoutMilliseconds: nil, traceparent: text).traceparent == nil)
    }

    @Test("every error code survives the way from server to client", arguments: RPCError.Code.allCases)
    func codes(code: RPCError.Code) throws {
        let head = try AnswerHead(answer(status: "\(code.httpStatus)", length: "3", code: code.name), limits: limits)
        #expect(head.failure == code)
        let foreign = try AnswerHead(answer(status: "\(code.httpStatus)", length: nil), limits: limits)
        #expect(foreign.failure == code)
    }

    @Test("a long sentence is cut between characters")
    func sentence() {
        let text = String(repeating: "ä", count: 5000)
        let sentence = AnswerHead.sentence(of: RPCError(.internalError, "x" + text))
        #expect(sentence.readableBytes == AnswerHead.sentenceBytesMax - 1)
        #expect(String(buffer: sentence) == "x" + text.prefix(2047))
    }
}

@Suite("A body on its way in") struct InboundBodyTests {
    @Test("an announcement takes no memory; the first byte brings one buffer for all")
    func memory() throws {
        var body = InboundBody(announced: 100_000)
        #expect(body.bytes.capacity == 0)
        try body.append(pattern(1))
        let capacity = body.bytes.capacity
        #expect(capacity >= 100_000)
        try body.append(pattern(99_999))
        #expect(body.bytes.capacity == capacity)
    }
}

@Suite("A call on the server") struct ServerCallTests {
    private func call(_ count: Int) -> ServerCall {
        ServerCall(head: RequestHead(path: "/v1/x", bodyCount: count, timeoutMilliseconds: 5, traceparent: nil))
    }
    private let expired = RPCError(.deadlineExceeded, "/v1/x was not done within 5 ms")

    @Test("starts when it is whole, is answered, and is over when its stream is closed")
    func inOrder() {
        var call = call(4)
        #expect(call.received(ByteBuffer(string: "ab")) == .none)
        #expect(call.received(ByteBuffer(string: "cd")) == .none)
        #expect(call.receivedEnd() == .start(ByteBuffer(string: "abcd")))
        #expect(call.handlerFinished(.success(ByteBuffer(string: "x"))) == .answer(ByteBuffer(string: "x")))
        #expect(!call.isOver)
        #expect(call.streamClosed() == .none)
        #expect(call.isOver)
    }

    @Test("a body longer or shorter than announced is refused")
    func mismatch() {
        var long = call(1)
        #expect(
            long.received(ByteBuffer(string: "ab"))
                == .refuse(RPCError(.protocolError, "a body is longer than its content-length, 1")))
        #expect(long.receivedEnd() == .none)
        var short = call(2)
        _ = short.received(ByteBuffer(string: "a"))
        #expect(
            short.receivedEnd()
                == .refuse(RPCError(.protocolError, "a body ended after 1 bytes, its content-length is 2")))
    }

    @Test("a reset cancels the handler, and its late answer goes nowhere")
    func reset() {
        var call = call(0)
        #expect(call.receivedEnd() == .start(ByteBuffer()))
        #expect(call.streamClosed() == .cancel)
        #expect(!call.isOver, "the handler's task still holds the body")
        #expect(call.handlerFinished(.success(ByteBuffer())) == .none)
        #expect(call.isOver)
    }

    @Test("a deadline answers once, whether the handler runs or the body is still coming")
    func deadline() {
        var running = call(0)
        _ = running.receivedEnd()
        #expect(running.deadlinePassed() == .refuseAndCancel(expired))
        #expect(running.deadlinePassed() == .none)
        #expect(running.handlerFinished(.failure(lost)) == .none)
        var receiving = call(2)
        #expect(receiving.deadlinePassed() == .refuse(expired))
        #expect(receiving.received(ByteBuffer(string: "ab")) == .none)
        #expect(receiving.receivedEnd() == .none)
    }
}

@Suite("A call on the client") struct ClientCallTests {
    @Test("an answer is delivered when it is whole")
    func inOrder() {
        var call = ClientCall()
        #expect(call.received(answer(status: "103", length: nil), limits: limits) == .none)
        #expect(call.received(answer(status: "200", length: "2"), limits: limits) == .announce(2))
        #expect(call.received(ByteBuffer(string: "ok")) == .none)
        #expect(call.receivedEnd() == .finish(.success(ByteBuffer(string: "ok"))))
        #expect(call.streamClosed(code: 0) == .none)
    }

    @Test("the server's error arrives with its code and sentence")
    func failure() {
        var call = ClientCall()
        #expect(call.received(answer(status: "404", length: "5", code: "notFound"), limits: limits) == .none)
        #expect(call.received(ByteBuffer(string: "gone.")) == .none)
        #expect(call.receivedEnd() == .finish(.failure(RPCError(.notFound, "gone."))))
    }

    @Test(
        "lies about the length, an impossible status, a body without a head: protocol errors, and the stream is reset")
    func lies() {
        func code(_ action: ClientCall.Action) -> RPCError.Code? {
            guard case .finishAndReset(.failure(let error)) = action else { return nil }
            return error.code
        }
        var long = ClientCall()
        _ = long.received(answer(status: "200", length: "1"), limits: limits)
        #expect(code(long.received(ByteBuffer(string: "ab"))) == .protocolError)
        var odd = ClientCall()
        #expect(code(odd.received(answer(status: "2x0", length: "1"), limits: limits)) == .protocolError)
        var negative = ClientCall()
        #expect(code(negative.received(answer(status: "200", length: "-1"), limits: limits)) == .protocolError)
        var huge = ClientCall()
        #expect(
            code(huge.received(answer(status: "200", length: "999999999999"), limits: limits)) == .resourceExhausted)
        var headless = ClientCall()
        #expect(code(headless.received(ByteBuffer(string: "a"))) == .protocolError)
    }

    @Test("an endless error page is cut")
    func errorPage() {
        var call = ClientCall()
        _ = call.received(answer(status: "500", length: nil), limits: limits)
        let page = ByteBuffer(repeating: UInt8(ascii: "e"), count: 3000)
        #expect(call.received(page) == .none)
        #expect(
            call.received(page)
                == .finishAndReset(.failure(RPCError(.internalError, String(repeating: "e", count: 4096)))))
    }

    @Test("only the first end counts")
    func once() {
        var call = ClientCall()
        #expect(call.fail(lost) == .finishAndReset(.failure(lost)))
        #expect(call.fail(lost) == .none)
        #expect(call.receivedEnd() == .none)
        #expect(call.streamClosed(code: 8) == .none)
    }

    @Test(
        "a reset tells its reason by its code",
        arguments: [
            (UInt32(8), RPCError.Code.cancelled), (7, .unavailable), (11, .resourceExhausted), (2, .internalError),
            (1, .protocolError), (0, .protocolError),
        ])
    func resetCodes(http2: UInt32, code: RPCError.Code) {
        var call = ClientCall()
        guard case .finish(.failure(let error)) = call.streamClosed(code: http2) else {
            Issue.record("not finished"); return
        }
        #expect(error.code == code)
    }
}
