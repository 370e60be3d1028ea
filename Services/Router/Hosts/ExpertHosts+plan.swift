internal import Logging

/// What each host shall hold.
extension ExpertHosts {
    func planWhenHostsChange() async {
        for await _ in changes {
            if isWhole { try? await Task.sleep(for: Self.gathering) }       // several that come together make one plan
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
        let shares = load.shares
        do {
            let mode = try mode(hosts, shares)
            let input = PlanInput(hosts: hosts.map(\.offer), settings: settings, mode: mode)
            let next = try plan(input, shares, pins: settings.pins.filter { pin in hosts.contains { $0.name == pin.host } })
            hasPlanned = true
            // Where nothing but the load has shifted, a plan that is hardly better is not worth what it moves.
            if let placement, input == planned, seconds(next, input, shares) > Self.worthwhile * seconds(placement, input, shares) { return adopt(placement) }
            planned = input
            adopt(next)
        } catch {
            problem = "\(error)"
            logger.error("no plan", metadata: ["why": "\(error)", "hosts": "\(hosts.count)"])
        }
    }

    /// With as many copies as are asked for, or as there is memory for; says in `problem` what is missing.
    func plan(_ input: PlanInput, _ shares: ExpertShares, pins: [PlacementWish.Pin] = []) throws(PlacementProblem) -> Placement {
        problem = nil
        var copies = settings.copies
        while true {
            do throws(PlacementProblem) {
                let wish = PlacementWish(mode: input.mode, copies: copies, hotCopies: settings.hotCopies, pins: pins)
                return try Planner.plan(inventory, on: input.hosts, shares: shares, wish: wish, previous: placement)
            } catch {
                guard case .memory = error, copies > 1 else { throw error }
                problem = "\(copies) copies: \(error)"
                copies = min(copies, input.hosts.count) - 1
            }
        }
    }

    /// What a plan was made for, but for the load.
    struct PlanInput: Equatable {
        let hosts: [HostOffer]
        let settings: PlacementSettings
        let mode: PlacementMode
    }

    /// Predicted time of the experts' part of a step.
    func seconds(_ placement: Placement, _ input: PlanInput, _ shares: ExpertShares, rows: Int? = nil) -> Double {
        StepPrediction.seconds(
            rows: rows ?? load.rowsPerStep, placement, inventory, input.hosts, shares: shares, expertsPerToken: expertsPerToken, hopSeconds: hopSeconds)
    }

    func adopt(_ next: Placement) {
        let wanted = members.mapValues { member in
            next.hosts.firstIndex(of: member.host.name).map { UnitMap(next, host: $0, inventory) } ?? UnitMap(inventory)
        }
        guard next != placement || members.contains(where: { $0.value.wanted != wanted[$0.key] }) else { return }
        placement = next
        version += 1
        for (name, units) in wanted {
            members[name]?.wanted = units
            members[name]?.host.ring()
        }
        settle()
        logger.info("plan", metadata: [
            "version": "\(version)", "mode": "\(mode?.rawValue ?? "")", "hosts": "\(next.hosts.joined(separator: ","))",
            "to.load": "\(members.values.reduce(0) { $0 + $1.wanted.eighthCount - $1.ready.intersection($1.wanted).eighthCount })",
        ])
    }

    /// A layer waits for the slowest host.
    var hopSeconds: Double { members.values.compactMap(\.host.health.hopSeconds).max() ?? LayerWork.hopSeconds }

    func mode(_ hosts: [ExpertHostClient], _ shares: ExpertShares) throws(PlacementProblem) -> PlacementMode {
        for mode in PlacementMode.allCases {
            let input = PlanInput(hosts: hosts.map(\.offer), settings: settings, mode: mode)
            predictions[mode] = seconds(try plan(input, shares), input, shares)
        }
        let (latency, throughput) = (predictions[.latency] ?? 0, predictions[.throughput] ?? 0)
        switch settings.mode {
        case .latency: return .latency
        case .throughput: return .throughput
        case .auto:
            // Hosts of one machine share its memory: there slices only add calls.
            guard Set(hosts.map(\.machine)).count > 1 else { return .throughput }
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
    /// What a plan's predicted time must be to that of the plan before it, if nothing but the load has shifted.
    private static let worthwhile = 0.9
}
