internal import Messages

/// What one expert host holds of the experts, and what it shall hold.
struct HeldUnits: Sendable {
    /// In the host's memory, as far as the router knows.
    private(set) var ready: UnitMap
    /// What the plan wants there.
    private(set) var wanted: UnitMap
    /// It may hold units that the router knows nothing of, or wants no more: it has to be told what to keep.
    private(set) var holdsMore = true

    init(_ inventory: ExpertInventory) { (ready, wanted) = (UnitMap(inventory), UnitMap(inventory)) }

    /// Whether everything the plan wants is there.
    var isSettled: Bool { ready.isSuperset(of: wanted) }

    /// How many eighths of experts the plan wants that are not there yet.
    var missingEighths: Int { wanted.eighthCount - ready.intersection(wanted).eighthCount }

    /// The plan wants something else.
    mutating func want(_ units: UnitMap) { wanted = units }

    /// The host has loaded these units.
    mutating func add(_ units: [ExpertUnit]) { ready.formUnion(units) }

    /// The host does not hold these units, whatever was thought.
    mutating func remove(_ units: [ExpertUnit]) { for unit in units { ready.subtract(unit) } }

    /// Gives up what the plan does not want, if there is any and all else is there.
    ///
    /// - Returns: whether there was any.
    mutating func giveUpUnwanted() -> Bool {
        guard ready != wanted, isSettled else { return false }
        (ready, holdsMore) = (wanted, true)
        return true
    }

    /// Takes note that the host is told to keep what is `ready` and nothing else.
    ///
    /// - Returns: the units that are ready; nil where the host need not be told.
    mutating func unitsToKeep() -> [ExpertUnit]? {
        guard holdsMore else { return nil }
        holdsMore = false
        return Array(ready.units())
    }

    /// What the host should load next; empty where nothing is missing.
    ///
    /// - Parameter first: the layer whose units come first.
    func nextBatch(first: Int, _ inventory: ExpertInventory) -> [ExpertUnit] {
        var batch: [ExpertUnit] = [], bytes = 0
        for unit in wanted.units(notIn: ready, first: first) {
            bytes += inventory.layers[unit.layer][unit.expert].byteCount / unit.slice.count
            guard batch.isEmpty || (bytes <= Self.batchBytesMax && batch.count < Self.batchUnitsMax) else { break }
            batch.append(unit)
        }
        return batch
    }

    private static let batchBytesMax = 128 << 20, batchUnitsMax = 4096
}
