internal import Messages

/// Which units this host was told to hold, and by which router. An expert's slices are bits.
struct ExpertHoldings {
    struct Place: Hashable {
        let layer: Int
        let expert: Int
    }

    private var byRouter: [String: [Place: UInt8]] = [:]

    /// The eighths of an expert that are held, for any router.
    func eighths(_ place: Place) -> UInt8 { byRouter.values.reduce(0) { $0 | ($1[place] ?? 0) } }

    var places: Set<Place> { byRouter.values.reduce(into: []) { $0.formUnion($1.keys) } }

    mutating func add(_ units: [ExpertUnit], for router: String) {
        for unit in units { byRouter[router, default: [:]][Place(unit), default: 0] |= unit.slice.eighths }
    }

    /// Keeps of what a router asked for `units` only.
    mutating func retain(_ units: [ExpertUnit], for router: String) {
        var wanted: [Place: UInt8] = [:]
        for unit in units { wanted[Place(unit), default: 0] |= unit.slice.eighths }
        byRouter[router] = byRouter[router]?.reduce(into: [:]) { kept, held in
            let eighths = held.value & (wanted[held.key] ?? 0)
            if eighths != 0 { kept[held.key] = eighths }
        }
    }

    /// Forgets what was held for a router that is no more.
    mutating func forget(router: String) { byRouter[router] = nil }
}

extension ExpertHoldings.Place {
    init(_ unit: ExpertUnit) { self.init(layer: unit.layer, expert: unit.expert) }
}
