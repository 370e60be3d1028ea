import NIOCore

/// How much work a peer's heads may make.
///
/// A head is decoded to its end even when it is refused, since HPACK's table has to stay in step. A few bytes on the
/// wire may name long fields (an "HPACK bomb"), so what counts here is bytes as decoded, and what is too much ends the
/// connection. Bytes are counted as in RFC 9113 section 6.5.2: names, values, and 32 for each field.
struct HeaderWork {
    enum Verdict: Equatable {
        case keep
        /// The head is over its limits: it is decoded on, and then refused.
        case drop
        /// The connection has to end.
        case giveUp(String)
    }

    /// A head of so many times the limit is not decoded to its end.
    private static let excess = 4

    private let limits: RPCLimits
    private var secondStart = NIODeadline.uptimeNanoseconds(0)
    private var bytesThisSecond = 0
    private var refusedThisSecond = 0
    private var frameBytes = 0
    private var headBytes = 0
    private var fieldCount = 0
    private(set) var isTooLarge = false

    init(limits: RPCLimits) { self.limits = limits }

    mutating func look(at now: NIODeadline) {
        guard now - secondStart >= .seconds(1) else { return }
        (secondStart, bytesThisSecond, refusedThisSecond) = (now, 0, 0)
    }

    /// A frame of a head begins. Its bytes count also where the head is not decoded for anyone, as of a stream that is
    /// gone.
    mutating func frame(_ count: Int, isFirst: Bool) -> Verdict {
        frameBytes = isFirst ? count : frameBytes + count
        return frameBytes > Self.excess * limits.headerBytesMax ? excessive : .keep
    }

    mutating func beginHead() {
        (headBytes, fieldCount, isTooLarge) = (0, 0, false)
    }

    /// A field was decoded.
    ///
    /// - Parameter count: the bytes of its name and value.
    mutating func field(_ count: Int) -> Verdict {
        let count = count + 32
        headBytes += count
        fieldCount += 1
        bytesThisSecond += count
        if bytesThisSecond > limits.headerBytesPerSecondMax {
            return .giveUp("more than \(limits.headerBytesPerSecondMax) bytes of headers a second")
        }
        guard headBytes > limits.headerBytesMax || fieldCount > limits.headerCountMax else { return .keep }
        refusedThisSecond += isTooLarge ? count : headBytes
        isTooLarge = true
        if headBytes > Self.excess * limits.headerBytesMax { return excessive }
        if refusedThisSecond > limits.headerBytesRefusedPerSecondMax {
            return .giveUp(
                "more than \(limits.headerBytesRefusedPerSecondMax) bytes a second of headers that are too large")
        }
        return .drop
    }

    private var excessive: Verdict {
        .giveUp("a header has more than \(Self.excess) times the \(limits.headerBytesMax) bytes it may have")
    }
}
