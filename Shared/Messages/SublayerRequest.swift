internal import CMessages
internal import CProtobufC

/// New rows of one session.
package struct Span: Sendable, Equatable {
    package let session: UInt64
    /// Position of the first row.
    package let start: Int
    package let count: Int

    package init(session: UInt64, start: Int, count: Int) {
        self.session = session
        self.start = start
        self.count = count
    }
}

/// One layer's attention over the new rows of some sessions. `hidden` is the normed layer input, (rows, hidden), span after span.
package struct SublayerRequest: WireMessage, Equatable {
    /// Whose sessions they are.
    package let router: UInt64
    package let layer: Int
    package let spans: [Span]
    package let hidden: [Float]

    package init(router: UInt64 = 0, layer: Int, spans: [Span], hidden: [Float]) {
        self.router = router
        self.layer = layer
        self.spans = spans
        self.hidden = hidden
    }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        let type = "SublayerRequest"
        self = try unsafe unpacking(type, bytes, minimax__cluster__v1__sublayer_request__unpack, minimax__cluster__v1__sublayer_request__free_unpacked) {
            message throws(MessageError) in
            try unsafe SublayerRequest(
                router: message.router,
                layer: Int(message.layer),
                spans: array(message.spans, message.n_spans) { span throws(MessageError) in
                    try unsafe Span(session: span.session, start: integer(span.start, of: type, "start"), count: Int(span.count))
                },
                hidden: floats(message.hidden, of: type, "hidden"))
        }
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = PackingArena()
        var message = unsafe Minimax__Cluster__V1__SublayerRequest()
        unsafe minimax__cluster__v1__sublayer_request__init(&message)
        unsafe message.router = router
        unsafe message.layer = UInt32(layer)
        let spans = unsafe spans.map { span in
            var message = unsafe Minimax__Cluster__V1__Span()
            unsafe minimax__cluster__v1__span__init(&message)
            unsafe message.session = span.session
            unsafe message.start = UInt64(span.start)
            unsafe message.count = UInt32(span.count)
            return unsafe message
        }
        unsafe message.n_spans = spans.count
        unsafe message.spans = arena.pointers(to: spans)
        return try withExtendedLifetime(arena) {
            try unsafe withField(hidden) {
                unsafe message.hidden = $0
                return try unsafe packing(message, body)
            }
        }
    }
}
