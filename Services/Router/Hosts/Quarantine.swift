/// Keeps hosts away that come and go all the time: each time a host is lost soon after it came, it has to stay away
/// twice as long. The first time is free.
struct Quarantine {
    private struct Record {
        var losses = 0
        var lastLoss: Duration
        var until = Duration.zero
    }

    private static let shortLife = Duration.seconds(10), longestStay = Duration.seconds(60)
    private var records: [String: Record] = [:]

    /// A host that came at `joined` is gone.
    mutating func lost(_ name: String, joined: Duration, at now: Duration) {
        guard now - joined < Self.shortLife else {
            records[name] = nil
            return
        }
        var record = records[name] ?? Record(lastLoss: now)
        record.lastLoss = now
        if record.losses > 0 { record.until = now + min(Self.longestStay, .seconds(1 << min(record.losses - 1, 10))) }
        record.losses += 1
        records[name] = record
    }

    /// Nil if the host may come; else how often it was lost.
    func losses(keepingAway name: String, at now: Duration) -> Int? {
        records[name].flatMap { now < $0.until ? $0.losses : nil }
    }

    /// Forgets those whose time is long over.
    mutating func tidy(at now: Duration) {
        records = records.filter { now < max($0.value.until, $0.value.lastLoss) + Self.longestStay }
    }
}
