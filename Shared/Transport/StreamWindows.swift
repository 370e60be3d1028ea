/// Sees when a new INITIAL_WINDOW_SIZE makes a stream's window too large. RFC 9113 section 6.9.2 asks for a connection
/// error then; nghttp2 resets the stream.
///
/// A window is above the initial one only where the peer widened it, so only such streams are looked at.
struct StreamWindows {
    private var widened: Set<Int32> = []
    private var widest = 0
    private var initial = 0

    mutating func widen(_ stream: Int32) { widened.insert(stream) }

    mutating func close(_ stream: Int32) {
        if !widened.isEmpty { widened.remove(stream) }
    }

    /// SETTINGS begin to arrive.
    ///
    /// - Parameters:
    ///   - initial: the window that streams begin with, so far.
    ///   - window: of a stream, now.
    mutating func settingsBegin(initial: Int, window: (Int32) -> Int) {
        self.initial = initial
        widest = widened.reduce(0) { max($0, window($1)) }
    }

    /// The SETTINGS are here.
    func settingsEnd(initial: Int) -> HTTP2Fault? {
        guard widest + initial - self.initial > Int32.max else { return nil }
        return HTTP2Fault(
            HTTP2Code.flowControlError,
            "SETTINGS_INITIAL_WINDOW_SIZE \(initial) makes a stream's window larger than 2^31 - 1")
    }
}
