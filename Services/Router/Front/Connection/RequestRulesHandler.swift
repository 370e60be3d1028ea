internal import NIOCore
internal import NIOHTTP1

/// Between the HTTP/1 codec and the front: what `RequestRules` finds in a request's head becomes what its answer and
/// its connection do.
///
/// A request that cannot be read is passed on as an empty one with a refusal among its facts, so that it is answered in
/// its turn, logged and counted like any other.
final class RequestRulesHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Reading {
        case betweenRequests, body
        /// What still comes is thrown away.
        case ended
    }

    private let connection: FrontConnection
    private let guardian: ConnectionGuard
    private var reading = Reading.betweenRequests
    /// Of the requests whose answers are not complete, oldest first.
    private var open: [RequestFacts] = []
    private var closesAfterAnswer = false

    init(_ connection: FrontConnection, guardian: ConnectionGuard) {
        self.connection = connection
        self.guardian = guardian
    }

    // MARK: requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard reading != .ended else { return }
        switch Self.unwrapInboundIn(data) {
        case .head(let head): read(head, context)
        case .body(let bytes):
            guardian.bodyRead(bytes.readableBytes)
            context.fireChannelRead(data)
        case .end:
            guardian.requestRead()
            reading = open.last?.keepsAlive == false ? .ended : .betweenRequests
            context.fireChannelRead(data)
        }
    }

    private func read(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let facts = RequestRules.facts(head)
        if let refusal = facts.refusal, refusal.endsConnection { return refuse(facts, head, context) }
        reading = .body
        begin(facts)
        var head = head
        if facts.refusal != nil { head.headers.remove(name: "content-encoding") }        // thrown away as it is
        context.fireChannelRead(Self.wrapInboundOut(.head(head)))
    }

    private func begin(_ facts: RequestFacts) {
        open.append(facts)
        connection.add(facts)
        guardian.headRead()
    }

    /// Passes a request on without what might mislead; nothing after it is read.
    private func refuse(_ facts: RequestFacts, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        begin(facts)
        guardian.requestRead()
        reading = .ended
        var plain = HTTPRequestHead(version: .http1_1, method: head.method, uri: head.uri)
        for name in ["x-request-id", "origin"] {
            head.headers.first(name: name).map { plain.headers.add(name: name, value: $0) }
        }
        context.fireChannelRead(Self.wrapInboundOut(.head(plain)))
        context.fireChannelRead(Self.wrapInboundOut(.end(nil)))
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let fault: RequestFault
        switch error {
        case let error as RequestFault: fault = error
        case is HTTPParserError: fault = .malformed
        default: return context.fireErrorCaught(error)
        }
        switch reading {
        case .ended: break
        case .body:
            reading = .ended
            if !open.isEmpty { open[open.count - 1].keepsAlive = false } else { guardian.leave() }
            context.fireErrorCaught(fault)
        case .betweenRequests:
            let facts = RequestFacts(keepsAlive: false, refusal: fault.refusal, isReadable: false)
            refuse(facts, HTTPRequestHead(version: .http1_1, method: .GET, uri: "/"), context)
        }
    }

    // MARK: answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch Self.unwrapOutboundIn(data) {
        case .head(let head) where (100 ..< 200).contains(head.status.code):
            if !open.isEmpty { open[0].awaitsContinue = false }
            context.write(data, promise: promise)
        case .head(let head): context.write(Self.wrapOutboundOut(.head(framed(head))), promise: promise)
        case .body where open.first?.isHead == true: promise?.succeed()
        case .body: context.write(data, promise: promise)
        case .end: writeEnd(context, data, promise)
        }
    }

    private func framed(_ head: HTTPResponseHead) -> HTTPResponseHead {
        let facts = open.first ?? RequestFacts()
        var head = head
        closesAfterAnswer =
            !facts.keepsAlive || guardian.isQuiescing
            || head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "close" }
        // The client decides anew whether it sends the body: what follows would not be sure.
        if facts.awaitsContinue, open.count == 1, reading == .body { closesAfterAnswer = true }
        if facts.isHTTP10 {
            head.version = .http1_0        // has no chunks: without a length the end of the connection ends the answer
            if !facts.isHead, !head.headers.contains(name: "content-length") { closesAfterAnswer = true }
        }
        if closesAfterAnswer {
            head.headers.replaceOrAdd(name: "connection", value: "close")
        } else if facts.isHTTP10 {
            head.headers.replaceOrAdd(name: "connection", value: "keep-alive")
        }
        return head
    }

    private func writeEnd(_ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?) {
        let facts = open.isEmpty ? RequestFacts() : open.removeFirst()
        // The encoder's end of a body would be content where there is none.
        let part = facts.isHead ? Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer()))) : data
        guard closesAfterAnswer || !facts.keepsAlive || guardian.isQuiescing else {
            context.write(part, promise: promise)
            return guardian.answered()
        }
        reading = .ended
        let written = promise ?? context.eventLoop.makePromise()
        written.futureResult.assumeIsolated().whenComplete { _ in self.guardian.leave() }
        context.writeAndFlush(part, promise: written)
        guardian.answered()
    }
}
