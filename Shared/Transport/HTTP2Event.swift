import NIOCore

/// What bytes from the peer meant, in the order in which they came.
enum HTTP2Event: Equatable {
    /// A head: a request's, an answer's, an interim answer's or trailers.
    case head(stream: Int32, HeaderFields)
    /// A head with more or longer fields than allowed. Its fields are gone.
    case headTooLarge(stream: Int32)
    /// A piece of a body, never empty.
    case data(stream: Int32, ByteBuffer)
    /// The peer will send nothing more on this stream.
    case end(stream: Int32)
    /// The stream is gone, whoever ended it; 0 means in peace.
    case closed(stream: Int32, code: UInt32)
    /// The peer's SETTINGS: from here on it is known to speak HTTP/2.
    case settings
    /// The peer keeps to our SETTINGS.
    case settingsAcknowledged
    /// The peer takes no new streams.
    case goAway(code: UInt32, message: String)
    /// The peer reset a stream; `closed` follows when the stream was known. Counted against a limit.
    case reset
    /// A frame that carries nothing of a call. Counted against a limit.
    case control
}

/// The connection's HTTP/2 is beyond repair.
struct HTTP2Error: Error, Equatable, CustomStringConvertible {
    /// Of nghttp2, always negative; see `nghttp2_error`.
    let code: Int
    let message: String
    /// What the peer is told, of RFC 9113 section 7.
    var connectionCode = HTTP2Code.protocolError

    var description: String { "HTTP/2: \(message) (nghttp2 \(code))" }
}
