internal import Messages

/// For every expert of every layer some of its eighths, one bit each: what a host holds, or shall hold.
struct UnitMap: Sendable, Equatable {
    private let expertCounts: [Int]        // of each layer, shared experts included
    private var eighths: [[UInt8]]

    init(_ inventory: ExpertInventory) {
        expertCounts = inventory.layers.map(\.count)
        eighths = expertCounts.map { [UInt8](repeating: 0, count: $0) }
    }

    /// What a placement gives to host `index`.
    init(_ placement: Placement, host index: Int, _ inventory: ExpertInventory) {
        self.init(inventory)
        for (layer, experts) in placement.layers.enumerated() {
            for (expert, place) in experts.enumerated() {
                for (slice, holders) in place.holders.enumerated() where holders.contains(index) {
                    self[layer, expert] |= ExpertSlice(index: slice, of: place.holders.count).eighths
                }
            }
        }
    }

    subscript(layer: Int, expert: Int) -> UInt8 {
        get { eighths[layer][expert] }
        set { eighths[layer][expert] = newValue }
    }

    mutating func formUnion(_ units: [ExpertUnit]) {
        for unit in units { self[unit.layer, unit.expert] |= unit.slice.eighths }
    }

    mutating func formUnion(_ other: UnitMap) {
        for layer in eighths.indices {
            for expert in eighths[layer].indices { eighths[layer][expert] |= other.eighths[layer][expert] }
        }
    }

    mutating func subtract(_ unit: ExpertUnit) { self[unit.layer, unit.expert] &= ~unit.slice.eighths }

    func intersection(_ other: UnitMap) -> UnitMap {
        var result = self
        for layer in eighths.indices {
            for expert in eighths[layer].indices { result[layer, expert] &= other[layer, expert] }
        }
        return result
    }

    func isSuperset(of other: UnitMap) -> Bool {
        zip(eighths, other.eighths).allSatisfy { zip($0, $1).allSatisfy { $1 & ~$0 == 0 } }
    }

    /// What is here and not in `other`, in as few units as can be; layer `first` comes first, the layers before it
    /// last.
    func units(notIn other: UnitMap? = nil, first: Int = 0) -> some Sequence<ExpertUnit> {
        (0 ..< eighths.count).lazy.map { ($0 + first) % eighths.count }.flatMap { layer in
            eighths[layer].indices.lazy.flatMap { expert in
                ExpertSlice.covering(self[layer, expert] & ~(other?[layer, expert] ?? 0)).map {
                    ExpertUnit(layer: layer, expert: expert, slice: $0)
                }
            }
        }
    }

    /// How many eighths of experts.
    var eighthCount: Int { eighths.reduce(0) { $1.reduce($0) { $0 + $1.nonzeroBitCount } } }

    func byteCount(_ inventory: ExpertInventory) -> Int {
        zip(eighths, inventory.layers).reduce(0) { sum, layer in
            zip(layer.0, layer.1).reduce(sum) { $0 + $1.1.byteCount / 8 * $1.0.nonzeroBitCount }
        }
    }
}

extension ExpertSlice {
    /// The fewest slices that together are the eighths of a mask, in ascending order.
    static func covering(_ eighths: UInt8) -> [ExpertSlice] {
        func cover(_ slice: ExpertSlice) -> [ExpertSlice] {
            let there = slice.eighths & eighths
            guard there != 0 else { return [] }
            guard there != slice.eighths, let (first, second) = slice.halves else { return [slice] }
            return cover(first) + cover(second)
        }
        return cover(.whole)
    }
}
