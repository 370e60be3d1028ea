import NIOCore

/// Counts what a peer may do only so often, second by second.
struct FloodGuard {
    private let resetsMax: Int
    private let controlFramesMax: Int
    private var secondStart: NIODeadline
    private var resets = 0
    private var controlFrames = 0

    init(limits: RPCLimits, now: NIODeadline) {
        resetsMax = limits.resetsPerSecondMax
        controlFramesMax = limits.controlFramesPerSecondMax
        secondStart = now
    }

    /// Returns what the peer does too often, or nil while it keeps to the limits.
    mutating func complaint(about event: HTTP2Event, at now: NIODeadline) -> String? {
        switch event {
        case .reset: resets += 1
        case .control: controlFrames += 1
        default: return nil
        }
        if now - secondStart >= .seconds(1) {
            secondStart = now
            (resets, controlFrames) = event == .reset ? (1, 0) : (0, 1)
        }
        if resets > resetsMax { return "more than \(resetsMax) stream resets a second" }
        if controlFrames > controlFramesMax { return "more than \(controlFramesMax) control frames a second" }
        return nil
    }
}
