/// What a client hears that begins with HTTP/2 (RFC 9113), as `curl --http2-prior-knowledge` does: each request is to
/// be made again with HTTP/1.1. No socket in here.
///
/// No GOAWAY follows, nor the connection's end: curl 7.88 would take either for a failure, and not come again by
/// HTTP/1.1.
struct HTTP2Refusal {
    enum Answer: Equatable {
        /// Too few bytes to tell.
        case undecided
        /// It is something else, and so were these bytes before.
        case otherProtocol(after: [UInt8])
        case send([UInt8])
    }
    private enum Stage { case preface, otherProtocol, frames }

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    private static let frameHeadBytes = 9
    private static let http11Required: UInt8 = 0xD
    private enum FrameType { static let headers: UInt8 = 1, resetStream: UInt8 = 3, settings: UInt8 = 4 }

    private var stage = Stage.preface
    /// How many bytes of the preface have come.
    private var prefaceCount = 0
    /// The beginning of a frame.
    private var frameHead: [UInt8] = []
    /// Of a frame's content, what is still to come.
    private var skipped = 0

    mutating func receive(_ bytes: some Collection<UInt8>) -> Answer {
        switch stage {
        case .otherProtocol: return .otherProtocol(after: [])
        case .frames: return .send(resets(for: bytes))
        case .preface:
            let before = prefaceCount
            for (byte, expected) in zip(bytes, Self.preface[before...]) {
                guard byte == expected else {
                    stage = .otherProtocol
                    return .otherProtocol(after: Array(Self.preface[..<before]))
                }
                prefaceCount += 1
            }
            guard prefaceCount == Self.preface.count else { return .undecided }
            stage = .frames
            // The server's preface: settings, all as they are by default.
            return .send(
                Self.frame(FrameType.settings, stream: [0, 0, 0, 0], [])
                    + resets(for: bytes.dropFirst(prefaceCount - before)))
        }
    }

    /// Reads frames; each one that begins a request is answered.
    private mutating func resets(for bytes: some Collection<UInt8>) -> [UInt8] {
        var answer: [UInt8] = []
        for byte in bytes {
            guard skipped == 0 else { skipped -= 1; continue }
            frameHead.append(byte)
            guard frameHead.count == Self.frameHeadBytes else { continue }
            if frameHead[3] == FrameType.headers {
                answer += Self.frame(
                    FrameType.resetStream, stream: Array(frameHead[5...]), [0, 0, 0, Self.http11Required])
            }
            skipped = Int(frameHead[0]) << 16 | Int(frameHead[1]) << 8 | Int(frameHead[2])
            frameHead = []
        }
        return answer
    }

    /// - Parameter stream: its number, as it is sent.
    private static func frame(_ type: UInt8, stream: [UInt8], _ content: [UInt8]) -> [UInt8] {
        [0, 0, UInt8(content.count), type, 0] + stream + content
    }
}
