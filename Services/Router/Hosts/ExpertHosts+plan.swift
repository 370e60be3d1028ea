internal import Logging

/// What each host shall hold.
extension ExpertHosts {
    func planWhenHostsChange() async {
        for await _ in changes {
            if availability.isWhole { try? await Task.sleep(for: Self.gathering) }       // several that come together make one plan
            makePlan()
        }
    }

    /// Those that can hold something. Hosts that are late count only where there is nobody else.
    var candidates: [ExpertHostClient] {
        let all = members.values.filter { $0.isConnected && !$0.isDraining && !settings.drained.contains($0.host.name) }.map(\.host)
        let sound = all.filter { !$0.health.isSuspect }
        return sound.isEmpty ? all : sound
    }

    func makePlan() {
        let hosts = candidates.sorted { $0.name < $1.name }
        defer { publish() }
        guard hasPlanned ? !hosts.isEmpty : hosts.count >= config.expected else { return }
        if !hasPlanned { speeds.begin(hosts.compactMap { members[$0.name].map { seen($0) } }) }
        let shares = load.shares
        do {
            let plans = try plans(hosts, shares)
            let mode = mode(hosts)
            guard let plan = plans[mode] else { return }
            let next = plan.placement
            (problem, hasPlanned) = (plan.shortage, true)
            // Where nothing but load and speeds has shifted, a plan that is hardly better is not worth what it moves.
            if let placement, plan.input.isLike(planned), seconds(next, plan.input, shares) > Self.worthwhile * seconds(placement, plan.input, shares) { return adopt(placement) }
            planned = plan.input
            adopt(next)
        } catch {
            problem = "\(error)"
            logger.error("no plan", metadata: ["why": "\(error)", "hosts": "\(hosts.count)"])
        }
    }

    /// A plan that could be, what it is for, and why it has not all the copies that are asked for.
    struct Option {
        let input: PlanInput
        let placement: Placement
        let shortage: String?
    }

    /// What could be done in each mode; predicts how long a step would take with it.
    func plans(_ hosts: [ExpertHostClient], _ shares: ExpertShares) throws(PlacementProblem) -> [PlacementMode: Option] {
        let pins = settings.pins.filter { pin in hosts.contains { $0.name == pin.host } }
        var plans: [PlacementMode: Option] = [:]
        for mode in PlacementMode.allCases {
            let input = PlanInput(hosts: hosts.map(offer), settings: settings, mode: mode)
            let plan = try plan(input, shares, pins)
            plans[mode] = plan
            predictions[mode] = seconds(plan.placement, input, shares)
        }
        return plans
    }

    /// With as many copies as are asked for, or as there is memory for.
    func plan(_ input: PlanInput, _ shares: ExpertShares, _ pins: [PlacementWish.Pin]) throws(PlacementProblem) -> Option {
        var copies = settings.copies, shortage: String?
        while true {
            do throws(PlacementProblem) {
                let wish = PlacementWish(mode: input.mode, copies: copies, hotCopies: settings.hotCopies, pins: pins)
                let placement = try Planner.plan(inventory, on: input.hosts, shares: shares, wish: wish, previous: placement)
                return Option(input: input, placement: placement, shortage: shortage)
            } catch {
                guard case .memory = error, copies > 1 else { throw error }
                shortage = "\(copies) copies: \(error)"
                copies = min(copies, input.hosts.count) - 1
            }
        }
    }

    private func offer(_ host: ExpertHostClient) -> HostOffer {
        HostOffer(name: host.name, memoryBytes: host.memoryBytes, bandwidth: members[host.name].map(speed) ?? host.bandwidth)
    }

    /// What a plan was made for, but for the load.
    struct PlanInput {
        let hosts: [HostOffer]
        let settings: PlacementSettings
        let mode: PlacementMode

        /// Whether nothing differs but how fast hosts are.
        func isLike(_ other: PlanInput?) -> Bool {
            guard let other, settings == other.settings, mode == other.mode else { return false }
            return hosts.elementsEqual(other.hosts) { $0.name == $1.name && $0.memoryBytes == $1.memoryBytes }
        }
    }

    /// Predicted time of the experts' part of a step.
    func seconds(_ placement: Placement, _ input: PlanInput, _ shares: ExpertShares) -> Double {
        StepPrediction.seconds(
            rows: load.rowsPerStep, placement, inventory, input.hosts, shares: shares, expertsPerToken: expertsPerToken, hopSeconds: hopSeconds)
    }

    func adopt(_ next: Placement) {
        let wanted = members.mapValues { member in
            next.hosts.firstIndex(of: member.host.name).map { UnitMap(next, host: $0, inventory) } ?? UnitMap(inventory)
        }
        guard next != placement || members.contains(where: { $0.value.wanted != wanted[$0.key] }) else { return }
        (placement, cuts) = (next, next.cuts)
        version += 1
        for (name, units) in wanted {
            members[name]?.wanted = units
            members[name]?.host.ring()
        }
        settle()
        logger.info("plan", metadata: [
            "version": "\(version)", "mode": "\(mode?.rawValue ?? "")", "hosts": "\(next.hosts.joined(separator: ","))",
            "to.load": "\(members.values.reduce(0) { $0 + $1.missingEighths })",
        ])
    }

    /// A layer waits for the slowest host.
    var hopSeconds: Double { members.values.compactMap(\.host.health.hopSeconds).max() ?? LayerWork.hopSeconds }

    func mode(_ hosts: [ExpertHostClient]) -> PlacementMode {
        let (latency, throughput) = (predictions[.latency] ?? 0, predictions[.throughput] ?? 0)
        switch settings.mode {
        case .latency: return .latency
        case .throughput: return .throughput
        case .auto:
            // Hosts of one machine share its memory: there slices only add calls.
            guard Set(hosts.map(\.kind.machine)).count > 1 else { return .throughput }
            if chooser == nil { chooser = ModeChooser(mode: latency < throughput ? .latency : .throughput) }
            return chooser?.look(latency: latency, throughput: throughput) ?? .throughput
        }
    }

    /// From outside: another mode, number of copies, pins, hosts to empty.
    func set(_ settings: PlacementSettings) {
        self.settings = settings
        changed.yield()
    }

    /// Several that arrive at about the same time make one plan.
    private static let gathering = Duration.milliseconds(100)
    /// What a plan's predicted time must be to that of the plan before it, if nothing but load and speeds has shifted.
    private static let worthwhile = 0.9
}
