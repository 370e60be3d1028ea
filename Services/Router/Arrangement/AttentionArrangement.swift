internal import AdminMessages

/// Which attention processes make which replica, and which part each of them computes: a pure value.
///
/// All replicas have the same number of parts. A replica lasts as long as all of its processes; those that are left
/// over, and those that come, make new replicas as soon as there are enough of them. Parts are given in the order of
/// names, so that processes which start again get the part of which they have states on disk.
struct AttentionArrangement: Sendable {
    /// An attention process that can be used.
    struct Process: Sendable, Equatable {
        let id: Member.ID
        /// Tells processes of one machine, which share its memory, from those of others.
        let machine: String
        /// Bytes a second that it reads.
        let bandwidth: Double
        /// How long a call takes that needs no arithmetic, in seconds; nil: that was not measured.
        var hop: Double?
        /// It is about to stop: it stays in its replica, and comes into no new one.
        var isDraining = false
    }

    /// Processes that serve the same sequences, in the order of their parts.
    struct Replica: Sendable, Equatable {
        let id: ReplicaID
        let members: [Member.ID]

        /// Of its processes, for logs.
        var names: String { members.map(\.name).joined(separator: ",") }
    }

    /// What has to be done so that the replicas are what they should be.
    struct Changes: Sendable, Equatable {
        /// Replicas that are no more, with all their states.
        var dissolved: [ReplicaID] = []
        var formed: [Replica] = []
    }

    private let cost: AttentionCost
    /// How many processes the first arrangement waits for.
    private var expected: Int?
    /// Into how many parts attention is cut.
    var wanted: AttentionPartsGoal
    /// The number of parts of all replicas; nil before the first.
    private(set) var partCount: Int?
    /// In the order in which they were formed.
    private(set) var replicas: [Replica] = []
    private var lastID = 0

    /// - Parameters:
    ///   - wanted: a fixed number must be at most `cost.partsMax`.
    ///   - expected: how many processes the first arrangement waits for.
    init(_ cost: AttentionCost, wanted: AttentionPartsGoal, expected: Int) {
        (self.cost, self.wanted, self.expected) = (cost, wanted, expected)
    }

    /// Arranges the processes that there are now.
    mutating func arrange(_ processes: [Process]) -> Changes {
        var changes = Changes()
        let present = Set(processes.map(\.id))
        dissolve(&changes) { !$0.members.allSatisfy(present.contains) }
        if let expected, processes.count < expected { return changes }
        expected = nil
        let staying = processes.filter { !$0.isDraining }
        let count = wantedCount(staying)
        if count != partCount { dissolve(&changes) { _ in true } }
        partCount = count
        let taken = Set(replicas.flatMap(\.members))
        var spare = staying.map(\.id).filter { !taken.contains($0) }.sorted { $0.name < $1.name }[...]
        while spare.count >= count {
            lastID += 1
            let replica = Replica(id: ReplicaID(rawValue: lastID), members: Array(spare.prefix(count)))
            spare = spare.dropFirst(count)
            replicas.append(replica)
            changes.formed.append(replica)
        }
        return changes
    }

    private mutating func dissolve(_ changes: inout Changes, where isOver: (Replica) -> Bool) {
        changes.dissolved += replicas.filter(isOver).map(\.id)
        replicas.removeAll(where: isOver)
    }

    /// A number that was chosen stays for as long as any replica has it: a change costs all states. One that is asked
    /// for comes once there are enough processes for it; until then those that serve go on.
    private func wantedCount(_ processes: [Process]) -> Int {
        switch wanted {
        case .fixed(let count): replicas.isEmpty || processes.count >= count ? count : partCount ?? count
        case .auto: replicas.isEmpty ? cost.partCount(for: processes) : partCount ?? 1
        }
    }

    private var fixedCount: Int? { if case .fixed(let count) = wanted { count } else { nil } }

    /// Which of the replicas that there are this is, from 0.
    func index(of id: ReplicaID) -> Int? { replicas.firstIndex { $0.id == id } }

    /// The part of a process, and its replica; nil where it has none.
    func place(of id: Member.ID) -> (replica: ReplicaID, part: Int)? {
        for replica in replicas {
            if let part = replica.members.firstIndex(of: id) { return (replica.id, part) }
        }
        return nil
    }

    /// What is missing before there is any replica, as a sentence.
    ///
    /// - Parameter count: of the processes that there are.
    func missing(processes count: Int) -> String {
        let needed = max(expected ?? 1, fixedCount ?? partCount ?? 1)
        guard needed > 1 else { return "the attention service is not connected" }
        let reason = fixedCount.map { needed == $0 ? "; attention is to have \($0) parts" : "" } ?? ""
        return "\(count) of \(needed) attention services are connected\(reason)"
    }
}
