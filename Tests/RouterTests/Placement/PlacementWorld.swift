@testable import Router

/// A random cluster whose hosts come and go; after each change it is planned anew, and what must always hold is
/// checked.
struct PlacementWorld {
    enum Event: CaseIterable { case join, leave, mode, copies, shares, bandwidth, budget, none }

    private var random: RandomSource
    private let inventory: ExpertInventory
    private var hosts: [HostOffer] = []
    private var hostCount = 0
    private var shares: ExpertShares
    private var wish: PlacementWish
    private var placement: Placement?
    /// The plan before was made under the input before, with uniform shares.
    private var wasUniform = false
    private let isTight: Bool
    private(set) var trouble: String?
    /// How often a claim was put to the test; it says nothing where it was not.
    private(set) var balanced = 0, bounded = 0, refused = 0

    init(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let isLarge = Int.random(in: 0 ..< 20, using: &random) == 0
        let layers = Int.random(in: 1 ... (isLarge ? 80 : 6), using: &random)
        let experts = Int.random(in: 1 ... (isLarge ? 32 : 16), using: &random)
        let slices = [1, 2, 4, 8, 8, 8].randomElement(using: &random) ?? 8
        let bytes = 840 * Int.random(in: 1 ... 1000, using: &random)
        let expert = ExpertInventory.Expert(byteCount: bytes, slicesMax: slices)
        inventory = ExpertInventory(layers: Array(repeating: Array(repeating: expert, count: experts), count: layers))
        isTight = Bool.random(using: &random)
        let mode = PlacementMode.allCases.randomElement(using: &random) ?? .latency
        wish = PlacementWish(mode: mode, copies: .random(in: 1 ... 3, using: &random))
        shares = .uniform(inventory)
        self.random = random
        for _ in 0 ..< Int.random(in: 1 ... (isLarge ? 64 : 8), using: &self.random) { join() }
    }

    mutating func run() {
        plan(after: nil)
        for _ in 0 ..< 8 where trouble == nil {
            guard let event = Event.allCases.randomElement(using: &random) else { return }
            happen(event)
            plan(after: event)
        }
    }

    // MARK: what happens

    private mutating func happen(_ event: Event) {
        switch event {
        case .join: join()
        case .leave: if hosts.count > 1 { hosts.remove(at: .random(in: 0 ..< hosts.count, using: &random)) }
        case .mode: wish.mode = wish.mode == .latency ? .throughput : .latency
        case .copies: wish.copies = .random(in: 1 ... 3, using: &random)
        case .shares: shares = skewed()
        case .bandwidth:
            hosts = hosts.map {
                let factor = Double.random(in: 0.7 ... 1.4, using: &random)
                return HostOffer(name: $0.name, memoryBytes: $0.memoryBytes, bandwidth: $0.bandwidth * factor)
            }
        case .budget: hosts = hosts.map { HostOffer(name: $0.name, memoryBytes: budget(), bandwidth: $0.bandwidth) }
        case .none: break
        }
    }

    private mutating func join() {
        hostCount += 1
        // Names in no order of arrival.
        let name = "host-\(hostCount * 7919 % 1000)", memoryBytes = budget()
        hosts.insert(
            HostOffer(name: name, memoryBytes: memoryBytes, bandwidth: .random(in: 1e9 ... 4e9, using: &random)),
            at: .random(in: 0 ... hosts.count, using: &random))
    }

    /// Where memory is tight, about what the model needs over all the hosts there may be.
    private mutating func budget() -> Int {
        guard isTight else { return onceBytes * 2 }
        let part = Double.random(in: 0 ... 1.2, using: &random) / Double(max(1, hosts.count)) * 2
        return Int(Double(onceBytes * wish.copies) * part)
    }

    private mutating func skewed() -> ExpertShares {
        guard Bool.random(using: &random) else { return .uniform(inventory) }
        return ExpertShares(
            layers: inventory.layers.map { experts in
                let raw = experts.map { _ in 1 / Double.random(in: 0.05 ... 1, using: &random) }
                return raw.map { $0 / raw.reduce(0, +) }
            })
    }

    // MARK: what must hold

    private var onceBytes: Int { inventory.layers.joined().reduce(0) { $0 + $1.byteCount } }
    private var copies: Int { min(wish.copies, hosts.count) }
    private var slices: Int { wish.mode == .latency ? inventory.layers[0][0].slicesMax : 1 }
    private var unitBytes: Int { inventory.layers[0][0].byteCount / slices }
    private var unitCount: Int { inventory.layers.count * inventory.layers[0].count * slices }
    private var isUniform: Bool { shares == .uniform(inventory) }

    private mutating func plan(after event: Event?) {
        let previous = placement
        do throws(PlacementProblem) {
            let next = try Planner.plan(inventory, on: hosts, shares: shares, wish: wish, previous: previous)
            placement = next
            checkShape(next)
            checkBudgets(next)
            checkBalance(next)
            if let previous, let event { checkMoves(next, previous, event) }
            wasUniform = isUniform
            let again = try Planner.plan(
                inventory, on: hosts.reversed(), shares: shares, wish: wish, previous: previous)
            if again != next { trouble = "the same input gave two plans" }
        } catch {
            refused += 1
            wasUniform = false
            guard case .memory(let missing) = error, missing > 0 else { trouble = "\(error)"; return }
            // All units are of one size: the exact condition for a placement.
            let places = hosts.reduce(0) { $0 + min($1.memoryBytes / unitBytes, unitCount) }
            guard places >= unitCount * copies else { return }
            trouble = "\(error); yet there are \(places) places for \(unitCount) units × \(copies)"
        }
    }

    private mutating func checkShape(_ next: Placement) {
        if next.hosts != hosts.map(\.name).sorted() { trouble = "hosts are \(next.hosts)" }
        if next.copies < copies { trouble = "\(next.copies) copies, not \(copies)" }
        for (layer, experts) in next.layers.enumerated() {
            if experts.count != inventory.layers[layer].count {
                trouble = "layer \(layer) has \(experts.count) experts"
            }
            for expert in experts {
                if expert.holders.count != slices { trouble = "\(expert.holders.count) slices, not \(slices)" }
                for holders in expert.holders {
                    if holders != Array(Set(holders)).sorted() { trouble = "holders \(holders) do not ascend" }
                    if holders.count != copies, isUniform || wish.mode == .latency {
                        trouble = "\(holders.count) holders, not \(copies)"
                    }
                }
            }
        }
    }

    private mutating func checkBudgets(_ next: Placement) {
        let held = next.moves(from: nil, inventory: inventory)
        for (name, bytes) in zip(next.hosts, held) {
            let budget = hosts.first { $0.name == name }?.memoryBytes ?? 0
            if bytes > budget { trouble = "\(name) holds \(bytes) bytes of \(budget)" }
        }
    }

    /// The best that any placement can reach: all hosts done at the same time, but none with more than one copy of
    /// everything.
    private func bestSeconds(_ bandwidths: [Double], bytes: Double) -> Double {
        var (left, rest) = (bytes * Double(copies), bandwidths.reduce(0, +))
        for bandwidth in bandwidths.sorted(by: >).dropLast() {
            if left * bandwidth / rest <= bytes { break }
            left -= bytes
            rest -= bandwidth
        }
        return left / rest
    }

    /// Whether rounding to whole units is small: the slowest host's fair part is 40 units, and 3 of each layer where
    /// these are whole experts.
    private func isFine(_ best: Double) -> Bool {
        let units = best * (hosts.map(\.bandwidth).min() ?? 0) / Double(unitBytes)
        return units >= 40 && (wish.mode == .latency || units >= 3 * Double(inventory.layers.count))
    }

    private mutating func checkBalance(_ next: Placement) {
        let best = bestSeconds(hosts.map(\.bandwidth), bytes: Double(onceBytes))
        guard !isTight, isUniform, isFine(best) else { return }
        balanced += 1
        for (name, bytes) in zip(next.hosts, next.moves(from: nil, inventory: inventory)) {
            let seconds = Double(bytes) / (hosts.first { $0.name == name }?.bandwidth ?? 1)
            if seconds > best * 1.1 { trouble = "\(name) takes \(seconds) s where \(best) s is the best possible" }
        }
    }

    private mutating func checkMoves(_ next: Placement, _ previous: Placement, _ event: Event) {
        let best = bestSeconds(hosts.map(\.bandwidth), bytes: Double(onceBytes))
        guard !isTight, isUniform, wasUniform, previous.copies == copies, isFine(best) else { return }
        let moved = next.moves(from: previous, inventory: inventory), total = moved.reduce(0, +)
        let oneALayer = unitBytes * inventory.layers.count
        switch event {
        case .join:
            guard let newcomer = next.hosts.firstIndex(where: { !previous.hosts.contains($0) }) else { return }
            let share = best * (hosts.first { $0.name == next.hosts[newcomer] }?.bandwidth ?? 0)
            let most = share > 0.95 * Double(onceBytes) ? Double(onceBytes) : share + Double(oneALayer)
            if Double(moved[newcomer]) > most {
                trouble = "the newcomer loads \(moved[newcomer]) bytes, its share is \(share)"
            }
            if total - moved[newcomer] > oneALayer {
                trouble = "others than the newcomer load \(total - moved[newcomer]) bytes"
            }
        case .leave:
            guard let leaver = previous.hosts.firstIndex(where: { !next.hosts.contains($0) }) else { return }
            let lost = previous.moves(from: nil, inventory: inventory)[leaver]
            // More than one copy: who is to take over may hold the unit already, and the others hand on something else.
            if total < lost || total > lost + oneALayer + (copies > 1 ? lost / 2 : 0) {
                trouble = "\(total) bytes move, the host that left had \(lost)"
            }
        case .none:
            if total > oneALayer { trouble = "\(total) bytes move and nothing has changed" }
        default: return
        }
        bounded += 1
    }
}
