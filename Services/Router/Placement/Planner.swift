/// Decides who holds which part of the model.
///
/// Group by group (an expert's slices in `latency` mode, a layer's whole experts in `throughput` mode), each unit goes
/// to the host that is furthest behind its fair part of all that was placed so far, as long as the group stays
/// balanced. So the remainder of one group is made up for in the next. It is the greedy packing of EPLB, with a start:
/// what `previous` placed and may stay is there already.
///
/// Holds always:
/// - no budget is exceeded; every unit is on as many different hosts as asked for, or on all hosts where there are
///   fewer;
/// - equal input gives an equal placement, whatever the order of the hosts.
///
/// Balance, measured over random clusters with uniform shares and ample budgets: no host takes more than 10 % longer
/// for all it holds than the best possible, which is that all are done at the same time, save those that hold a copy of
/// everything already. This is about rounding, so it asks for units that are fine: 40 for the slowest host and, where
/// they are whole, 3 of each layer. Where there are fewer, a layer comes first: it takes as long as its slowest host,
/// and a slow host may get nothing.
///
/// What is loaded after a change, under the same conditions:
/// - a host comes: it loads its fair part and at most one unit more for each layer (a copy of everything, where its
///   fair part is 95 % of that), every other host at most one unit for each layer;
/// - a host is lost: what it held, and at most one unit for each layer; with several copies up to half as much again,
///   since the host that should take a unit over may hold it already;
/// - the input is the same: at most one unit for each layer;
/// - mode, shares, copies, bandwidth or budgets change: what balance asks for.
///
/// These bounds are measured over random clusters, not proven.
///
/// With units of one size and no pins a placement is found whenever there is one. With several sizes it may be missed
/// where less than the largest unit is left on each host.
enum Planner {
    static func plan(
        _ inventory: ExpertInventory, on offers: [HostOffer], shares: ExpertShares, wish: PlacementWish,
        previous: Placement?
    ) throws(PlacementProblem) -> Placement {
        let hosts = offers.sorted { $0.name < $1.name }
        guard !hosts.isEmpty else { throw .noHosts }
        guard wish.copies >= 1 else { throw .copies(asked: wish.copies, hosts: hosts.count) }
        let pins = try pins(wish.pins, inventory, hosts)
        let units = PlanUnits(inventory, shares, wish.mode, copies: min(wish.copies, hosts.count)) {
            pins[[$0, $1]]?.count ?? 0
        }
        let onceBytes = units.bytes.reduce(0, +)
        let usable = hosts.reduce(0) { $0 + max(0, min($1.memoryBytes, onceBytes)) }
        guard units.neededBytes <= usable else { throw .memory(missingBytes: units.neededBytes - usable) }

        var unplacedBytes = 0
        // What is kept may be in the way where memory is tight: then all is placed anew.
        for start in previous == nil ? [nil] : [previous, nil] {
            var draft = PlacementDraft(units, hosts)
            try draft.pin(pins)
            if let start { draft.keep(start) }
            draft.placeAll()
            unplacedBytes = draft.unplacedBytes
            if unplacedBytes == 0 {
                if wish.mode == .throughput, wish.hotCopies { draft.copyHotExperts() }
                return draft.placement
            }
        }
        throw .memory(missingBytes: unplacedBytes)
    }

    /// By layer and expert, the hosts it is pinned to, ascending.
    private static func pins(
        _ pins: [PlacementWish.Pin], _ inventory: ExpertInventory, _ hosts: [HostOffer]
    ) throws(PlacementProblem) -> [[Int]: [Int]] {
        var byExpert: [[Int]: [Int]] = [:]
        for pin in pins {
            let layers = inventory.layers
            guard layers.indices.contains(pin.layer), layers[pin.layer].indices.contains(pin.expert) else {
                throw .unknownExpert(layer: pin.layer, expert: pin.expert)
            }
            guard let host = hosts.firstIndex(where: { $0.name == pin.host }) else { throw .unknownHost(pin.host) }
            guard byExpert[[pin.layer, pin.expert]]?.contains(host) != true else { continue }
            byExpert[[pin.layer, pin.expert], default: []].append(host)
        }
        return byExpert
    }
}
