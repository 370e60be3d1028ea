/// What has to be known of a connection's streams to see that a peer breaks the rules in ways that nghttp2 lets pass.
///
/// nghttp2 answers what comes for a stream that the peer had ended as RFC 9113 section 5.1 asks. It passes over the
/// rest, since a reset and what the peer sends may cross on the wire. Told apart here: HEADERS for streams that were
/// reset here (they crossed, and are ignored), that the peer reset, that had ended, and that never were. DATA after the
/// peer's own reset, or for a stream that never was but has a number below the newest, stays ignored: nghttp2 shows
/// such frames to nobody.
struct StreamLedger {
    private enum Ending { case resetHere, resetByPeer, ended }

    /// Streams that are over, the last ones: more cannot be on their way.
    private var over: [(stream: Int32, ending: Ending)] = []
    private var next = 0
    private static let overMax = 512

    /// The newest stream that the peer has opened.
    private var newest: Int32 = 0

    mutating func resetHere(_ stream: Int32) { remember(stream, .resetHere) }

    /// Both sides have said all.
    mutating func ended(_ stream: Int32) { remember(stream, .ended) }

    mutating func resetByPeer(_ stream: Int32) { remember(stream, .resetByPeer) }

    /// HEADERS came from a client.
    ///
    /// - Parameter isOpen: whether nghttp2 knows the stream.
    mutating func heads(_ stream: Int32, isOpen: Bool) -> HTTP2Fault? {
        guard stream <= newest else {
            newest = stream
            return nil
        }
        guard !isOpen else { return nil }
        switch over.last(where: { $0.stream == stream })?.ending {
        case .resetHere: return nil
        case .resetByPeer:
            return HTTP2Fault(HTTP2Code.streamClosed, "HEADERS came for stream \(stream), which the peer had reset")
        case .ended: return HTTP2Fault(HTTP2Code.streamClosed, "HEADERS came for stream \(stream), which had ended")
        case nil: return HTTP2Fault(HTTP2Code.protocolError, "HEADERS came for stream \(stream) after stream \(newest)")
        }
    }

    private mutating func remember(_ stream: Int32, _ ending: Ending) {
        if over.count < Self.overMax {
            over.append((stream, ending))
        } else {
            over[next] = (stream, ending)
            next = (next + 1) % Self.overMax
        }
    }
}

/// Why a connection has to end, by the rules or by our limits.
struct HTTP2Fault: Equatable {
    /// Of RFC 9113 section 7.
    let code: UInt32
    let sentence: String

    init(_ code: UInt32, _ sentence: String) {
        self.code = code
        self.sentence = sentence
    }
}
