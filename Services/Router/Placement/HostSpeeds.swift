/// How fast each host is taken to read its experts, by what hosts have measured of themselves and by what their calls
/// really took.
///
/// A single measurement says little: of equal containers that start together, one found twenty times what another did.
/// So:
/// - A host whose operator has set its bandwidth has that one, and nothing else counts.
/// - All others are as fast as the middle one of them, times a factor that is 1 until the same was seen in several
///   looks running.
/// - Who is within 1.5 times the middle counts as equal to it.
/// - Hosts of one kind are equal, unless calls show for long that they are not.
/// - Where calls have shown how fast a host is, its own measurements do not count; before that they do once there are
///   several.
struct HostSpeeds: Sendable {
    /// What makes hosts equal by definition.
    struct Kind: Sendable, Hashable {
        let machine: String
        let kernels: String
        let threads: Int
    }

    /// One host as it is seen in one look.
    struct Host: Sendable {
        /// Tells one run of a host from the next.
        let instance: String
        let kind: Kind
        /// Bytes a second, as it says.
        let bandwidth: Double
        /// Of how many measurements that is the median; 0: its operator has set it.
        let measurements: Int
        /// Bytes a second by calls since the last look; nil where there were too few that say something.
        var calls: Double?
    }

    private struct Record {
        var factor = SteadyValue(1)
        /// Bytes a second by its calls, as last seen.
        var calls: Double?
        /// Looks since then in which calls of others were seen.
        var missedLooks = 0
        /// What the host said in the look before.
        var bandwidth = 0.0
    }

    private static let equal = 1.5, stillEqual = 1.25
    /// A host may be taken for this many times slower or faster than the middle: by its measurements, and by its calls.
    private static let measuredRange = 4.0, calledRange = 16.0
    private static let measurementsMin = 5
    /// Calls that should take less for reading than this say how long the way takes, not how fast a host reads.
    static let readingSecondsMin = 0.5e-3
    /// How many looks in a row have to agree: on what calls show; on the same, where a host differs from its kind; and
    /// on what measurements show, a new one in each look.
    static let looks = 8, looksWithinKind = 24, looksMeasured = 3
    /// A host whose calls have said nothing for so long is judged by its measurements again.
    private static let missedLooksMax = 60

    private var scale: SteadyValue?
    private var records: [String: Record] = [:]

    /// Bytes a second.
    func speed(of host: Host) -> Double {
        guard host.measurements > 0 else { return host.bandwidth }
        return (scale?.value ?? host.bandwidth) * (records[host.instance]?.factor.value ?? 1)
    }

    /// Before the first plan: all that have measured are equal.
    mutating func begin(_ hosts: [Host]) {
        let measured = hosts.filter { $0.measurements > 0 }
        scale = measured.isEmpty ? nil : SteadyValue(measured.map(\.bandwidth).middle)
    }

    /// Looks at all hosts there are; done every few seconds.
    ///
    /// - Returns: whether the speed of any of them has changed.
    mutating func look(_ hosts: [Host]) -> Bool {
        let measured = hosts.filter { $0.measurements > 0 }
        noteCalls(of: measured)
        guard !measured.isEmpty else { return false }
        var hasChanged = lookAtScale(measured)
        defer { for host in measured { records[host.instance]?.bandwidth = host.bandwidth } }
        for (instance, seen) in seenByMeasurements(measured).merging(seenByCalls(measured), uniquingKeysWith: { $1 }) {
            guard var record = records.removeValue(forKey: instance) else { continue }
            let ratio = Self.rounded(seen.ratio, from: record.factor.value)
            hasChanged = record.factor.see(ratio, looks: seen.looks) || hasChanged
            records[instance] = record
        }
        return hasChanged
    }

    private mutating func noteCalls(of hosts: [Host]) {
        let isAnyCalled = hosts.contains { $0.calls != nil }
        var next: [String: Record] = [:]
        for host in hosts {
            var record = records[host.instance] ?? Record()
            if let calls = host.calls {
                (record.calls, record.missedLooks) = (calls, 0)
            } else if isAnyCalled {
                record.missedLooks += 1
                if record.missedLooks > Self.missedLooksMax { record.calls = nil }
            }
            next[host.instance] = record
        }
        records = next
    }

    private mutating func lookAtScale(_ hosts: [Host]) -> Bool {
        let middle = hosts.map(\.bandwidth).middle
        guard var scale else {
            self.scale = SteadyValue(middle)
            return true
        }
        defer { self.scale = scale }
        return scale.see(middle, looks: Self.looks)
    }

    /// A host's speed divided by the middle host's, and how many looks have to agree on it.
    private typealias Seen = (ratio: Double, looks: Int)

    /// What calls show of hosts that were called since the last look.
    private func seenByCalls(_ hosts: [Host]) -> [String: Seen] {
        let known = hosts.compactMap { host in records[host.instance]?.calls.map { (host: host, calls: $0) } }
        guard known.count > 1 else { return [:] }
        let middle = known.map(\.calls).middle
        let kinds = Dictionary(grouping: known, by: \.host.kind).mapValues { $0.map(\.calls).middle }
        var seen: [String: Seen] = [:]
        for (host, calls) in known where host.calls != nil {
            let kind = kinds[host.kind] ?? calls
            let isAlike = max(calls / kind, kind / calls) <= Self.equal
            let ratio = (isAlike ? kind : calls) / middle
            seen[host.instance] = (ratio.within(Self.calledRange), isAlike ? Self.looks : Self.looksWithinKind)
        }
        return seen
    }

    /// What measurements say of hosts whose calls have shown nothing yet.
    private func seenByMeasurements(_ hosts: [Host]) -> [String: Seen] {
        let known = hosts.filter { $0.measurements >= Self.measurementsMin }
        guard known.count > 1 else { return [:] }
        let kinds = Dictionary(grouping: known, by: \.kind).mapValues { $0.map(\.bandwidth).middle }
        let middle = known.compactMap { kinds[$0.kind] }.middle
        var seen: [String: Seen] = [:]
        for host in known {
            let record = records[host.instance] ?? Record()
            guard record.calls == nil, record.bandwidth != host.bandwidth else { continue }
            let ratio = (kinds[host.kind] ?? middle) / middle
            seen[host.instance] = (ratio.within(Self.measuredRange), Self.looksMeasured)
        }
        return seen
    }

    /// Who is near the middle counts as equal to it; who was not, has to come nearer for that.
    private static func rounded(_ ratio: Double, from current: Double) -> Double {
        max(ratio, 1 / ratio) <= (current == 1 ? equal : stillEqual) ? 1 : ratio
    }
}

extension Double {
    /// At most so many times more or less than 1.
    fileprivate func within(_ range: Double) -> Double { Swift.min(Swift.max(self, 1 / range), range) }
}
