import CNGHTTP2
import NIOCore

/// What nghttp2's callbacks have seen since Swift last looked.
@safe struct Recorded {
    var events: [HTTP2Event] = []
    /// The bytes being read, and where they lie during that call: pieces of bodies are slices of them.
    var input = ByteBuffer()
    var inputBase: UnsafeRawPointer?
    /// Body bytes that came and are to be counted as consumed.
    var bodyBytes = 0
    /// The head being read; nghttp2 reads one at a time.
    var head = HeaderFields()
    var headerWork: HeaderWork
    var ledger = StreamLedger()
    var windows = StreamWindows()
    /// Bytes for the peer, and how many of them make a pause.
    var output = OutboundBytes()
    var outputLimit = Int.max
    /// Streams whose last byte from here has just been written.
    var endedHere: [Int32] = []
    var complaint: String?
    /// Why the connection has to end. A callback that sets it fails, which ends nghttp2's reading at once.
    var fault: HTTP2Fault?
    /// The same, where nghttp2 may have a better reason and is asked first.
    var lateFault: HTTP2Fault?
}

/// The callbacks: each unwraps, records, and returns. None calls back into the session.
extension HTTP2Session {
    static func install(on callbacks: OpaquePointer?) {
        unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, onBeginHeaders)
        unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks, onHeader)
        unsafe nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, onInvalidHeader)
        unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, onFrame)
        unsafe nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, onBeginFrame)
        unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onData)
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onClose)
        unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, onSent)
        unsafe nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, frameLength)
        unsafe nghttp2_session_callbacks_set_send_data_callback(callbacks, sendBody)
        unsafe nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, onInvalidFrame)
        unsafe nghttp2_session_callbacks_set_error_callback2(callbacks, onComplaint)
    }

    /// The session behind nghttp2's user pointer, which `open` set and which lives as long as the C object.
    private static func from(_ context: UnsafeMutableRawPointer?) -> HTTP2Session {
        unsafe Unmanaged.fromOpaque(context!).takeUnretainedValue()
    }

    // MARK: receiving

    private static let onBeginHeaders: nghttp2_on_begin_headers_callback = { _, _, context in
        let session = unsafe from(context)
        session.recorded.head = HeaderFields(capacity: 8)
        session.recorded.headerWork.beginHead()
        return 0
    }

    private static let onHeader: nghttp2_on_header_callback = { _, _, name, nameCount, value, valueCount, _, context in
        let session = unsafe from(context)
        switch session.recorded.headerWork.field(nameCount + valueCount) {
        case .keep: break
        case .drop: return 0
        case .giveUp(let reason): return session.give(up: reason)
        }
        let nameText = unsafe String(decoding: UnsafeBufferPointer(start: name, count: nameCount), as: UTF8.self)
        let valueText = unsafe String(decoding: UnsafeBufferPointer(start: value, count: valueCount), as: UTF8.self)
        session.recorded.head.append(nameText, valueText)
        return 0
    }

    /// A field that breaks the rules and is left out: it has cost as much as others.
    private static let onInvalidHeader: nghttp2_on_invalid_header_callback = {
        _, _, _, nameCount, _, valueCount, _, context in
        let session = unsafe from(context)
        guard case .giveUp(let reason) = session.recorded.headerWork.field(nameCount + valueCount) else { return 0 }
        return session.give(up: reason)
    }

    /// - Returns: what a callback has to return.
    private func give(up reason: String) -> Int32 { end(HTTP2Fault(HTTP2Code.enhanceYourCalm, reason)) }

    private func end(_ fault: HTTP2Fault) -> Int32 {
        recorded.fault = fault
        return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }

    private static let onFrame: nghttp2_on_frame_recv_callback = { raw, frame, context in
        let session = unsafe from(context)
        guard let frame = unsafe frame?.pointee else { return 0 }
        let stream = unsafe frame.hd.stream_id
        let isEnd = unsafe UInt32(frame.hd.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
        let isAck = unsafe UInt32(frame.hd.flags) & NGHTTP2_FLAG_ACK.rawValue != 0
        switch unsafe nghttp2_frame_type(UInt32(frame.hd.type)) {
        case NGHTTP2_HEADERS:
            let isTooLarge = session.recorded.headerWork.isTooLarge
            session.recorded.events.append(
                isTooLarge ? .headTooLarge(stream: stream) : .head(stream: stream, session.recorded.head))
            if isEnd { session.recorded.events.append(.end(stream: stream)) }
        case NGHTTP2_DATA:
            if isEnd { session.recorded.events.append(.end(stream: stream)) }
        case NGHTTP2_SETTINGS:
            session.recorded.events.append(isAck ? .settingsAcknowledged : .settings)
            if !isAck, let fault = session.recorded.windows.settingsEnd(initial: unsafe initialWindow(raw)) {
                return session.end(fault)
            }
        case NGHTTP2_WINDOW_UPDATE where stream > 0:
            session.recorded.windows.widen(stream)
        case NGHTTP2_RST_STREAM:
            session.recorded.ledger.resetByPeer(stream)
        case NGHTTP2_GOAWAY:
            let debug = unsafe UnsafeBufferPointer(
                start: frame.goaway.opaque_data, count: min(frame.goaway.opaque_data_len, 256))
            unsafe session.recorded.events.append(
                .goAway(code: frame.goaway.error_code, message: String(decoding: debug, as: UTF8.self)))
        default:
            break
        }
        return 0
    }

    /// The window that streams to the peer begin with.
    private static func initialWindow(_ raw: OpaquePointer?) -> Int {
        Int(unsafe nghttp2_session_get_remote_settings(raw, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE))
    }

    private static let onBeginFrame: nghttp2_on_begin_frame_callback = { raw, header, context in
        let session = unsafe from(context)
        guard let header = unsafe header?.pointee else { return 0 }
        switch nghttp2_frame_type(UInt32(header.type)) {
        case NGHTTP2_RST_STREAM:
            session.recorded.events.append(.reset)
        case NGHTTP2_HEADERS, NGHTTP2_CONTINUATION:
            let isFirst = header.type == UInt8(NGHTTP2_HEADERS.rawValue)
            if case .giveUp(let reason) = session.recorded.headerWork.frame(header.length, isFirst: isFirst) {
                return session.give(up: reason)
            }
            guard isFirst, session.side == .server, !session.isGoingAway, header.stream_id % 2 == 1 else { break }
            let isOpen = unsafe nghttp2_session_get_stream_remote_close(raw, header.stream_id) >= 0
            if let fault = session.recorded.ledger.heads(header.stream_id, isOpen: isOpen) {
                session.recorded.lateFault = fault
            }
        case NGHTTP2_SETTINGS where UInt32(header.flags) & NGHTTP2_FLAG_ACK.rawValue == 0:
            session.recorded.events.append(.control)
            session.recorded.windows.settingsBegin(initial: unsafe initialWindow(raw)) {
                unsafe Int(nghttp2_session_get_stream_remote_window_size(raw, $0))
            }
        case NGHTTP2_DATA where header.length > 0 || UInt32(header.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0:
            break        // bounded by windows
        default:
            session.recorded.events.append(.control)
        }
        return 0
    }

    private static let onData: nghttp2_on_data_chunk_recv_callback = { _, _, stream, bytes, count, context in
        let session = unsafe from(context)
        session.recorded.bodyBytes += count
        guard count > 0, let bytes = unsafe bytes else { return 0 }
        let offset = unsafe session.recorded.inputBase.map { unsafe UnsafeRawPointer(bytes) - $0 } ?? -1
        // nghttp2 hands out pieces of its input. Should it ever hand out its own memory, a copy is taken.
        let input = session.recorded.input
        let piece = input.getSlice(at: input.readerIndex + max(0, offset), length: count)
        if offset >= 0, offset + count <= input.readableBytes, let piece {
            session.recorded.events.append(.data(stream: stream, piece))
        } else {
            unsafe session.recorded.events.append(
                .data(stream: stream, ByteBuffer(bytes: UnsafeBufferPointer(start: bytes, count: count))))
        }
        return 0
    }

    private static let onClose: nghttp2_on_stream_close_callback = { _, stream, code, context in
        let session = unsafe from(context)
        session.bodies[stream] = nil
        session.recorded.windows.close(stream)
        if code == 0 { session.recorded.ledger.ended(stream) }
        session.recorded.events.append(.closed(stream: stream, code: code))
        return 0
    }

    private static let onInvalidFrame: nghttp2_on_invalid_frame_recv_callback = { _, frame, code, context in
        let session = unsafe from(context)
        let type = unsafe frame.map { unsafe "\($0.pointee.hd.type)" } ?? "?"
        // nghttp2 resets the stream, or ends the connection.
        if let stream = unsafe frame?.pointee.hd.stream_id, stream > 0 { session.recorded.ledger.resetHere(stream) }
        session.recorded.complaint = unsafe "frame of type \(type): \(String(cString: nghttp2_strerror(code)))"
        return 0
    }

    private static let onComplaint: nghttp2_error_callback2 = { _, _, text, count, context in
        let session = unsafe from(context)
        unsafe text?.withMemoryRebound(to: UInt8.self, capacity: count) { text in
            session.recorded.complaint = unsafe String(
                decoding: UnsafeBufferPointer(start: text, count: min(count, 256)), as: UTF8.self)
        }
        return 0
    }

    // MARK: sending

    private static let frameLength: nghttp2_data_source_read_length_callback = { _, _, _, _, _, frameBytesMax, _ in
        // Nghttp2's default is 16 KiB whatever the peer allows; it cuts this to what the windows hold.
        Int(frameBytesMax)
    }

    /// Says how much of a body fits into the next DATA frame; the bytes themselves follow in `sendBody`.
    static let readBody: cnghttp2_read_body = { _, stream, _, length, flags, _, context in
        let session = unsafe from(context)
        guard let left = session.bodies[stream]?.readableBytes else {
            return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
        }
        unsafe flags?.pointee |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue
        if left <= length { unsafe flags?.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
        return min(left, length)
    }

    private static let sendBody: nghttp2_send_data_callback = { _, frame, header, length, _, context in
        let session = unsafe from(context)
        // nghttp2 goes through all bodies in one call; this is where it can be held up. It asks again for the same
        // frame.
        guard session.recorded.output.count < session.recorded.outputLimit else {
            return NGHTTP2_ERR_WOULDBLOCK.rawValue
        }
        guard let stream = unsafe frame?.pointee.hd.stream_id, let index = session.bodies.index(forKey: stream),
            let piece = session.bodies.values[index].readSlice(length: length)
        else { return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue }
        // No padding is ever asked for.
        unsafe session.recorded.output.append(UnsafeRawBufferPointer(start: header, count: 9))
        session.recorded.output.append(piece)
        return 0
    }

    private static let onSent: nghttp2_on_frame_send_callback = { _, frame, context in
        let session = unsafe from(context)
        guard let header = unsafe frame?.pointee.hd else { return 0 }
        if header.type == UInt8(NGHTTP2_RST_STREAM.rawValue) { session.recorded.ledger.resetHere(header.stream_id) }
        let isBody = header.type == UInt8(NGHTTP2_HEADERS.rawValue) || header.type == UInt8(NGHTTP2_DATA.rawValue)
        if isBody, UInt32(header.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0 {
            session.recorded.endedHere.append(header.stream_id)
        }
        return 0
    }
}
