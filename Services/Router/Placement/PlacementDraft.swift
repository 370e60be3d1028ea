/// A placement that is not finished: who holds which unit, what memory is left, and how far each host is with its fair
/// part.
struct PlacementDraft {
    enum Hold: UInt8 { case no, yes, pinned }

    let units: PlanUnits
    let hosts: [HostOffer]
    /// What part of all load each host should carry.
    let fair: [Double]
    /// The least number of copies of a unit.
    private let copies: Double
    /// units × hosts.
    private var holds: [Hold]
    /// units × hosts: how many eighths of the unit's bytes the host has from the placement before.
    var had: [UInt8]
    private(set) var holderCount: [Int]
    private(set) var freeBytes: [Int]
    /// The group whose turn it is.
    private(set) var group = 0 ..< 0
    /// `load` includes the units before this index.
    private var counted = 0
    private(set) var load: [Double]
    /// The load of each host in the group, and the most it may be for the group to count as balanced.
    private(set) var groupLoad: [Double], groupCap: [Double]
    /// By how much each host's load, groups to come included, exceeds its fair part: it may give so much away.
    var surplus: [Double]
    /// Hosts that kept less than their fair part.
    var takers: [Int] = []
    var unplacedBytes = 0

    init(_ units: PlanUnits, _ hosts: [HostOffer]) {
        (self.units, self.hosts) = (units, hosts)
        let once = units.bytes.reduce(0, +), needed = Double(max(1, units.neededBytes))
        let limits = hosts.map { Double(max(0, min(once, $0.memoryBytes))) / needed }
        let shares = FairShares.divide(hosts.map(\.speed), limits: limits)
        fair = shares.map { max($0, 1e-9) }        // loads are divided by it
        copies = Double(units.copies.min() ?? 1)
        holds = Array(repeating: .no, count: units.bytes.count * hosts.count)
        had = Array(repeating: 0, count: holds.count)
        holderCount = Array(repeating: 0, count: units.bytes.count)
        freeBytes = hosts.map { max(0, $0.memoryBytes) }
        load = hosts.map { _ in 0 }
        (groupLoad, groupCap, surplus) = (load, load, load)
    }

    var placement: Placement {
        Placement(
            hosts: hosts.map(\.name),
            layers: units.experts.map { experts in
                experts.map { slices in ExpertPlacement(holders: slices.map(holders)) }
            })
    }

    private func holders(of unit: Int) -> [Int] { hosts.indices.filter { hold(unit, $0) != .no } }

    func hold(_ unit: Int, _ host: Int) -> Hold { holds[unit * hosts.count + host] }
    func canTake(_ unit: Int, _ host: Int) -> Bool { hold(unit, host) == .no && freeBytes[host] >= units.bytes[unit] }
    /// Whether its fair part is nearly a copy of everything: what it leaves to others it can hardly make up for.
    func needsAll(_ host: Int) -> Bool { fair[host] * copies > 1 - Self.tolerance }
    /// What the host had of the unit before, from 0 to 1.
    func had(_ unit: Int, _ host: Int) -> Double { Double(had[unit * hosts.count + host]) / 8 }

    mutating func take(_ unit: Int, _ host: Int, _ hold: Hold = .yes) {
        holds[unit * hosts.count + host] = hold
        holderCount[unit] += 1
        freeBytes[host] -= units.bytes[unit]
        count(unit, host, units.load[unit])
    }

    mutating func move(_ unit: Int, from giver: Int, to taker: Int) {
        holds[unit * hosts.count + giver] = .no
        holderCount[unit] -= 1
        freeBytes[giver] += units.bytes[unit]
        count(unit, giver, -units.load[unit])
        take(unit, taker)
    }

    private mutating func count(_ unit: Int, _ host: Int, _ more: Double) {
        if unit < counted { load[host] += more }
        if group.contains(unit) { groupLoad[host] += more }
    }

    /// Goes on to the next group; what is held of it already counts from now on.
    mutating func open(_ next: Range<Int>) {
        reopen(next)
        counted = next.upperBound
        for host in hosts.indices { load[host] += groupLoad[host] }
    }

    /// Comes back to a group that counts.
    mutating func reopen(_ group: Range<Int>) {
        self.group = group
        groupCap = caps(of: group)
        groupLoad = hosts.indices.map { host in group.reduce(0) { hold($1, host) == .no ? $0 : $0 + units.load[$1] } }
    }

    /// Back to before the first group.
    mutating func rewind() { (group, counted, load) = (0 ..< 0, 0, hosts.map { _ in 0 }) }

    /// - Parameter pins: by layer and expert, the hosts.
    mutating func pin(_ pins: [[Int]: [Int]]) throws(PlacementProblem) {
        for layer in units.experts.indices {
            for (expert, slices) in units.experts[layer].enumerated() {
                for host in pins[[layer, expert]] ?? [] {
                    for unit in slices { take(unit, host, .pinned) }
                }
            }
        }
        guard let host = freeBytes.firstIndex(where: { $0 < 0 }) else { return }
        throw .pins(host: hosts[host].name, missingBytes: -freeBytes[host])
    }
}

extension HostOffer {
    /// The bandwidth; a byte a second for a number that is none.
    var speed: Double { bandwidth > 0 && bandwidth.isFinite ? bandwidth : 1 }
}
