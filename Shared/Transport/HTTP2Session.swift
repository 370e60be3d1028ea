import CNGHTTP2
import NIOCore

/// One connection's HTTP/2 codec: bytes in, events and bytes out; it never touches a socket.
///
/// Owns one `nghttp2_session`. nghttp2's callbacks (in `HTTP2Session+callbacks.swift`) only record; everything else is
/// done after C has returned, so re-entrancy cannot start. It stays on its channel's event loop, so it is deliberately
/// not `Sendable`.
///
/// After `receive`, deliver `takeEvents`; after anything that may have made bytes for the peer, `drain`, and look for
/// events again.
@safe final class HTTP2Session {
    enum Side { case client, server }

    let side: Side
    let limits: RPCLimits
    private var raw: OpaquePointer!        // nghttp2_session *

    // What the callbacks record.
    var recorded: Recorded
    /// New streams are ignored from here on, and so is what else comes for them.
    private(set) var isGoingAway = false
    /// Bodies that have not left yet, by stream.
    var bodies: [Int32: ByteBuffer] = [:]

    init(_ side: Side, limits: RPCLimits) throws(HTTP2Error) {
        self.side = side
        self.limits = limits.clamped
        recorded = unsafe Recorded(headerWork: HeaderWork(limits: self.limits))
        unsafe raw = nil
        try open()
    }

    deinit { unsafe nghttp2_session_del(raw) }

    // MARK: from the peer

    /// Feeds bytes from the peer; `takeEvents` tells what they meant. Throws when the connection cannot go on.
    func receive(_ bytes: ByteBuffer, at now: NIODeadline = .now()) throws(HTTP2Error) {
        recorded.headerWork.look(at: now)
        recorded.input = bytes
        defer { recorded.input = ByteBuffer() }
        let used = unsafe bytes.withUnsafeReadableBytes { input in
            unsafe recorded.inputBase = input.baseAddress
            defer { unsafe recorded.inputBase = nil }
            return unsafe cnghttp2_receive(raw, input.baseAddress?.assumingMemoryBound(to: UInt8.self), input.count)
        }
        // The whole connection's window is open at all times; what bounds memory is the streams' windows (see
        // `WindowBudget`).
        if recorded.bodyBytes > 0 { _ = unsafe nghttp2_session_consume_connection(raw, recorded.bodyBytes) }
        recorded.bodyBytes = 0
        guard used == bytes.readableBytes else { throw failure(Int(used)) }
        // Where nghttp2 has ended the connection itself, its GOAWAY is on its way and says more.
        if let fault = recorded.lateFault, unsafe nghttp2_session_want_read(raw) != 0 {
            recorded.fault = fault
            throw failure(Int(NGHTTP2_ERR_PROTO.rawValue))
        }
    }

    /// What has happened since the last time, in order. Sending makes events too: a stream closes with its last frame.
    ///
    /// - Parameter memory: earlier events, whose memory takes the next ones.
    func takeEvents(reusing memory: consuming [HTTP2Event] = []) -> [HTTP2Event] {
        memory.removeAll(keepingCapacity: true)
        swap(&memory, &recorded.events)
        return memory
    }

    var hasEvents: Bool { !recorded.events.isEmpty }

    /// What nghttp2 last complained about, for logs.
    var complaint: String? { recorded.complaint }

    // MARK: to the peer

    /// Moves bytes for the peer into `output`, up to about `limit` bytes. Returns true if bodies may have more.
    func drain(into output: inout OutboundBytes, limit: Int) throws(HTTP2Error) -> Bool {
        recorded.outputLimit = limit
        swap(&recorded.output, &output)
        defer { swap(&recorded.output, &output) }
        while true {
            while recorded.output.count < limit {
                var bytes: UnsafePointer<UInt8>?
                let count = unsafe cnghttp2_send(raw, &bytes)
                guard count >= 0 else { throw failure(Int(count)) }
                guard count > 0, let start = unsafe bytes else { break }
                unsafe recorded.output.append(UnsafeRawBufferPointer(start: start, count: Int(count)))
            }
            // An answer may end before its request does; then the rest of the request is not wanted (RFC 9113 section
            // 8.1).
            let answered = recorded.endedHere.filter { unsafe nghttp2_session_get_stream_remote_close(raw, $0) == 0 }
            recorded.endedHere.removeAll(keepingCapacity: true)
            guard side == .server, !answered.isEmpty else { break }
            for stream in answered { reset(stream, code: HTTP2Code.noError) }
        }
        return recorded.output.count >= limit
    }

    /// Opens a stream with a whole request. Returns its id.
    func request(_ head: HeaderBlock, body: ByteBuffer) throws(HTTP2Error) -> Int32 {
        let hasBody = body.readableBytes > 0
        let stream = unsafe head.withNameValues { fields in
            unsafe cnghttp2_submit_request(raw, fields.baseAddress, fields.count, hasBody ? Self.readBody : nil)
        }
        guard stream > 0 else { throw failure(Int(stream)) }
        if hasBody { bodies[stream] = body }
        return stream
    }

    /// Answers a request, whole.
    func respond(_ stream: Int32, _ head: HeaderBlock, body: ByteBuffer) throws(HTTP2Error) {
        let hasBody = body.readableBytes > 0
        if hasBody { bodies[stream] = body }
        let result = unsafe head.withNameValues { fields in
            unsafe cnghttp2_submit_response(
                raw, stream, fields.baseAddress, fields.count, hasBody ? Self.readBody : nil)
        }
        guard result == 0 else {
            bodies[stream] = nil
            throw failure(Int(result))
        }
    }

    /// Ends one stream at once, both ways. What is left of a body we were sending is dropped.
    func reset(_ stream: Int32, code: UInt32) {
        bodies[stream] = nil
        _ = unsafe nghttp2_submit_rst_stream(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, code)
    }

    /// Opens a stream's window for a body of `count` bytes.
    func widen(_ stream: Int32, to count: Int) {
        let size = Int32(clamping: count)
        _ = unsafe nghttp2_session_set_local_window_size(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, size)
    }

    func ping() {
        _ = unsafe nghttp2_submit_ping(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil)
    }

    /// Takes no new streams; those that are open go on.
    func goAway() {
        isGoingAway = true
        let last = unsafe nghttp2_session_get_last_proc_stream_id(raw)
        _ = unsafe nghttp2_submit_goaway(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, HTTP2Code.noError, nil, 0)
    }

    /// Ends the connection: says why in a GOAWAY, and hears nothing more.
    func terminate(code: UInt32) {
        let last = unsafe nghttp2_session_get_last_proc_stream_id(raw)
        _ = unsafe nghttp2_session_terminate_session2(raw, last, code)
    }

    /// Nothing will come and nothing has to leave: after `terminate`, or after nghttp2 itself gave the peer up.
    var isFinished: Bool {
        unsafe nghttp2_session_want_read(raw) == 0 && nghttp2_session_want_write(raw) == 0
    }

    private func failure(_ code: Int) -> HTTP2Error {
        if let fault = recorded.fault {
            return HTTP2Error(code: code, message: fault.sentence, connectionCode: fault.code)
        }
        let text = unsafe String(cString: nghttp2_strerror(Int32(clamping: code)))
        return HTTP2Error(code: code, message: recorded.complaint.map { "\(text) (\($0))" } ?? text)
    }

    // MARK: set-up

    private func open() throws(HTTP2Error) {
        var callbacks: OpaquePointer?
        var option: OpaquePointer?
        guard unsafe nghttp2_session_callbacks_new(&callbacks) == 0, unsafe nghttp2_option_new(&option) == 0 else {
            throw failure(Int(NGHTTP2_ERR_NOMEM.rawValue))
        }
        defer { unsafe nghttp2_session_callbacks_del(callbacks); unsafe nghttp2_option_del(option) }
        unsafe Self.install(on: callbacks)

        unsafe nghttp2_option_set_no_auto_window_update(option, 1)
        // Our own limit is the one that counts and has a name; nghttp2's default is 33 a second.
        unsafe nghttp2_option_set_stream_reset_rate_limit(option, 1 << 30, 1 << 30)
        // We take no pushed streams. (SETTINGS say so too, but count only once they are acknowledged.)
        unsafe nghttp2_option_set_max_reserved_remote_streams(option, 0)

        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let result =
            switch side {
            case .client: unsafe nghttp2_session_client_new2(&raw, callbacks, context, option)
            case .server: unsafe nghttp2_session_server_new2(&raw, callbacks, context, option)
            }
        guard result == 0 else { throw failure(Int(result)) }
        try announceSettings()
    }

    /// SETTINGS come first, always; then the connection's window is opened as wide as it goes.
    private func announceSettings() throws(HTTP2Error) {
        var settings = [
            (NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.windowBytes),
            (NGHTTP2_SETTINGS_MAX_FRAME_SIZE, limits.frameBytesMax),
            (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.headerBytesMax),
            (NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.concurrentStreamsMax),
        ].map { nghttp2_settings_entry(settings_id: Int32($0.0.rawValue), value: UInt32($0.1)) }
        if side == .client {
            settings.append(nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0))
        }
        let flags = UInt8(NGHTTP2_FLAG_NONE.rawValue)
        var result = unsafe settings.withUnsafeBufferPointer {
            unsafe nghttp2_submit_settings(raw, flags, $0.baseAddress, $0.count)
        }
        guard result == 0 else { throw failure(Int(result)) }
        result = unsafe nghttp2_session_set_local_window_size(raw, flags, 0, Int32.max)
        guard result == 0 else { throw failure(Int(result)) }
    }
}
