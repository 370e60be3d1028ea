internal import Messages
internal import Transport

/// One process that has announced itself, from its announcement until it is lost.
struct Member: Sendable {
    /// Tells one admission from every other: a process that was lost and has come again is another member, even if its
    /// process is the same.
    struct ID: Sendable, Hashable {
        let name: String
        /// Ascending in the order of admission, over all names.
        let number: Int
    }

    /// How far a process is trusted to answer.
    enum Standing: Sendable, Equatable {
        /// It answers in time.
        case sound
        /// It let a deadline pass, and has answered nothing since.
        case late
        /// It may have answered wrongly; others are being asked the same.
        case doubted
        /// It is no member now, and is not admitted: it was lost so many times soon after it came.
        case quarantined(losses: Int)
    }

    let id: ID
    let role: MemberRole
    /// Tells one run of the process from the next.
    let instance: String
    /// Where the router reaches it.
    let address: Address
    let kind: HostSpeeds.Kind
    /// Tells which files it reads, on which machine.
    let weightsCopy: String
    /// Bytes that it has for weights or, as an attention service, for states.
    let memoryBytes: Int
    /// When it was admitted, on the clock of the membership's events.
    let joined: Duration
    /// Bytes a second that it reads of its weights, as it said last, and of how many measurements that is the median;
    /// 0: its operator has set it.
    var bandwidth: Double
    var measurements: Int
    var isConnected = false
    /// It is about to stop.
    var isDraining = false
    var standing = Standing.sound
    /// Of experts; an attention service has none.
    var units: HeldUnits

    init(
        _ request: AnnounceRequest, number: Int, role: MemberRole, address: Address, inventory: ExpertInventory,
        at now: Duration
    ) {
        id = ID(name: request.name, number: number)
        self.role = role
        instance = request.instance
        self.address = address
        kind = HostSpeeds.Kind(machine: request.machine, kernels: request.kernels, threads: request.threads)
        weightsCopy = request.weightsCopy
        memoryBytes = request.memoryBytes
        joined = now
        (bandwidth, measurements) = (Double(request.readBandwidth), request.bandwidthMeasurements)
        units = HeldUnits(inventory)
    }

    var name: String { id.name }

    var isSound: Bool { standing == .sound }

    /// What it says of its own speed.
    var measuredSpeed: HostSpeeds.Host {
        HostSpeeds.Host(
            instance: "\(name) \(instance)", kind: kind, bandwidth: bandwidth, measurements: measurements)
    }

    /// What reports call its state: connecting, late, draining, loading, empty or ready.
    var state: String {
        if !isConnected { return "connecting" }
        if !isSound { return "late" }
        if isDraining { return "draining" }
        if !units.isSettled { return "loading" }
        return role == .expertHost && units.wanted.eighthCount == 0 ? "empty" : "ready"
    }
}

extension Collection<Member> {
    /// The sound ones; where there is none, all: a host that is late is better than nobody.
    var soundElseAll: [Member] {
        let sound = filter(\.isSound)
        return sound.isEmpty ? Array(self) : sound
    }

    /// How many eighths of experts are held by any of them.
    func heldEighths(_ inventory: ExpertInventory) -> Int {
        reduce(into: UnitMap(inventory)) { $0.formUnion($1.units.ready) }.eighthCount
    }
}
