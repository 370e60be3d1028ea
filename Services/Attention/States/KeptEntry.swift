internal import Messages

/// A kept state as the store knows it: whose it is, where it is, and what it is worth.
struct KeptEntry: Sendable {
    /// What was said of it when it was kept.
    struct About: Sendable, Equatable {
        var owner: String
        /// The router that kept it.
        var router: UInt64
        var scope = ""
        var tokens: [Int32] = []
        /// It may go to disk, but not away.
        var isPromised = false
        /// How long it would take to compute it again.
        var worth = Duration.zero
    }

    let id: StateID
    let about: About
    /// In tokens.
    let length: Int
    /// Nil: it is on disk only.
    var memory: KeptState?
    /// Of its file; 0: it is in memory only.
    var diskBytes = 0
    /// It is on its way to disk or from there.
    var isMoving = false
    /// Until then it is not written to disk again while it rests: the last time that failed.
    var keepsOffDiskUntil = Duration.zero
    /// Sequences that are about to begin from it.
    var waitingCount = 0
    /// When a sequence last began from it, or when it was kept.
    private(set) var lastUse: Duration
    private(set) var uses = 0

    init(id: StateID, about: About, length: Int, memory: KeptState?, diskBytes: Int = 0, lastUse: Duration) {
        (self.id, self.about, self.length, self.memory) = (id, about, length, memory)
        (self.diskBytes, self.lastUse) = (diskBytes, lastUse)
    }

    /// It is on disk only from now on, and no call has to do with it.
    mutating func rest() { (memory, isMoving, waitingCount) = (nil, false, 0) }

    mutating func use(at now: Duration) { (lastUse, uses) = (now, uses + 1) }

    /// What keeping it is worth: the seconds that it saves, by how likely it is to be used, for each byte it takes. A
    /// state that was used more often and more lately is more likely to be used again.
    ///
    /// - Parameter bytes: of memory or of disk, whichever is short; above 0.
    func value(bytes: Int, at now: Duration) -> Double {
        let seconds = max(0.001, about.worth / .seconds(1)), idle = max(0, (now - lastUse) / .seconds(1))
        return seconds * Double(1 + uses) / (Self.patience + idle) / Double(bytes)
    }

    /// So many seconds do not make a state less likely to be used again: people think between two turns.
    private static let patience = 60.0
}

extension Duration {
    /// As a peer may have named it: any number of milliseconds up to `Int.max`.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        let (milliseconds, isTooLarge) = seconds.multipliedReportingOverflow(by: 1000)
        guard !isTooLarge else { return .max }
        let (sum, isAbove) = milliseconds.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return isAbove ? .max : Int(sum)
    }
}
