internal import AdminMessages

/// Which placement is in use, why there is none, and when there is a better one.
///
/// A value without clock or task: it is told what hosts offer, how experts are used and how long calls take, and says
/// what each host shall hold.
struct PlanKeeper: Sendable {
    /// A host that a plan may give something to.
    struct Candidate: Sendable {
        let name: String
        /// Bytes of experts that it may hold.
        let memoryBytes: Int
        /// How fast it says that it reads, and what it is.
        let measured: HostSpeeds.Host
    }

    /// What steps are like at this moment.
    struct Load: Sendable {
        var shares: ExpertShares
        /// Rows of recent steps, on average.
        var rowsPerStep: Int
        /// What a call takes beside reading weights, at the slowest host.
        var hopSeconds: Double
    }

    /// What became of an attempt to make a plan.
    enum Outcome: Sendable, Equatable {
        /// All stays as it is: there are too few hosts yet, or everyone is asked for the right things already.
        case unchanged
        /// A new version of the plan: what each host shall hold, by name.
        case wants([String: UnitMap])
        /// There is no placement on these hosts; the one before stays in use.
        case impossible(String)
    }

    /// A placement in use, and what it was made for.
    struct Plan: Sendable {
        fileprivate let input: Input
        let placement: Placement
        /// Into how many slices the work of each expert of each layer is cut.
        let cuts: [[Int]]

        /// Whether whole experts or slices are placed.
        var mode: PlacementMode { input.mode }
    }

    /// What a plan is made for, but for the load.
    fileprivate struct Input {
        let hosts: [HostOffer]
        let settings: PlacementSettings
        let mode: PlacementMode

        /// Whether nothing differs but how fast hosts are.
        func isLike(_ other: Input) -> Bool {
            settings == other.settings && mode == other.mode
                && hosts.elementsEqual(other.hosts) { $0.name == $1.name && $0.memoryBytes == $1.memoryBytes }
        }
    }

    /// A plan that could be made, and why it has not all the copies that are asked for.
    private struct Option {
        let input: Input
        let placement: Placement
        let shortage: String?
    }

    let inventory: ExpertInventory
    private let expertsPerToken: Int
    /// How many hosts the first plan waits for.
    private let expectedHosts: Int
    /// What the operator asks for.
    var settings: PlacementSettings
    /// The plan in use; nil before the first one. After that, any number of hosts will do.
    private(set) var current: Plan?
    /// Of the plan in use: it grows whenever any host is asked for something else. 0 before the first one.
    private(set) var version = 0
    /// Why there is no plan for the hosts there are, or none with as many copies as are asked for.
    private(set) var problem: String?
    /// In seconds, of the experts' part of a step, in each mode.
    private(set) var predictions: [PlacementMode: Double] = [:]
    private var chooser: ModeChooser?
    private var speeds = HostSpeeds()

    init(inventory: ExpertInventory, expertsPerToken: Int, expectedHosts: Int, settings: PlacementSettings) {
        self.inventory = inventory
        self.expertsPerToken = expertsPerToken
        self.expectedHosts = expectedHosts
        self.settings = settings
    }

    /// How many hosts the first plan waits for; nil once there was one.
    var awaitedHosts: Int? { current == nil ? expectedHosts : nil }

    /// Makes a plan for these hosts, unless the one in use is as good.
    ///
    /// - Parameters:
    ///   - candidates: those that may hold something, by name.
    ///   - wanted: what every host is asked to hold now, by name; also hosts that are no candidates.
    mutating func plan(for candidates: [Candidate], wanted: [String: UnitMap], _ load: Load) -> Outcome {
        guard current == nil ? candidates.count >= expectedHosts : !candidates.isEmpty else { return .unchanged }
        if current == nil { speeds.begin(candidates.map(\.measured)) }
        do throws(PlacementProblem) {
            let options = try options(candidates, load)
            guard let option = options[mode(for: candidates)] else { return .unchanged }
            problem = option.shortage
            return adopt(isWorthwhile(option, load) ? option : nil, wanted)
        } catch {
            problem = "\(error)"
            return .impossible("\(error)")
        }
    }

    /// Puts a placement into use; nil: the one in use stays, and hosts that do not know it yet are told.
    private mutating func adopt(_ option: Option?, _ wanted: [String: UnitMap]) -> Outcome {
        let before = current?.placement
        if let option {
            let placement = option.placement
            current = Plan(input: option.input, placement: placement, cuts: placement.cuts)
        }
        guard let placement = current?.placement else { return .unchanged }
        let next = Dictionary(uniqueKeysWithValues: wanted.keys.map { ($0, units(of: $0, in: placement)) })
        guard placement != before || next != wanted else { return .unchanged }
        version += 1
        return .wants(next)
    }

    private func units(of host: String, in placement: Placement) -> UnitMap {
        let index = placement.hosts.firstIndex(of: host)
        return index.map { UnitMap(placement, host: $0, inventory) } ?? UnitMap(inventory)
    }

    // MARK: what could be done

    /// What could be done in each mode; predicts how long a step would take with it.
    private mutating func options(
        _ candidates: [Candidate], _ load: Load
    ) throws(PlacementProblem) -> [PlacementMode: Option] {
        let hosts = candidates.map {
            HostOffer(name: $0.name, memoryBytes: $0.memoryBytes, bandwidth: speed(of: $0.measured))
        }
        var options: [PlacementMode: Option] = [:]
        for mode in PlacementMode.allCases {
            let option = try option(Input(hosts: hosts, settings: settings, mode: mode), load.shares)
            options[mode] = option
            predictions[mode] = seconds(option.placement, hosts, load)
        }
        return options
    }

    /// With as many copies as are asked for, or as there is memory for.
    private func option(_ input: Input, _ shares: ExpertShares) throws(PlacementProblem) -> Option {
        let pins = settings.pins.filter { pin in input.hosts.contains { $0.name == pin.host } }
        var copies = settings.copies, shortage: String?
        while true {
            do throws(PlacementProblem) {
                let wish = PlacementWish(mode: input.mode, copies: copies, hotCopies: settings.hotCopies, pins: pins)
                let placement = try Planner.plan(
                    inventory, on: input.hosts, shares: shares, wish: wish, previous: current?.placement)
                return Option(input: input, placement: placement, shortage: shortage)
            } catch {
                guard case .memory = error, min(copies, input.hosts.count) > 1 else { throw error }
                shortage = "\(copies) copies: \(error)"
                copies = min(copies, input.hosts.count) - 1
            }
        }
    }

    /// Predicted time of the experts' part of a step.
    private func seconds(_ placement: Placement, _ hosts: [HostOffer], _ load: Load) -> Double {
        StepPrediction.seconds(
            rows: load.rowsPerStep, placement, inventory, hosts, shares: load.shares,
            expertsPerToken: expertsPerToken, hopSeconds: load.hopSeconds)
    }

    /// Where nothing but load and speeds has shifted, a plan that is hardly better is not worth what it moves.
    private func isWorthwhile(_ option: Option, _ load: Load) -> Bool {
        guard let current, option.input.isLike(current.input) else { return true }
        let hosts = option.input.hosts
        return seconds(option.placement, hosts, load) <= Self.worthwhile * seconds(current.placement, hosts, load)
    }

    private mutating func mode(for candidates: [Candidate]) -> PlacementMode {
        switch settings.mode {
        case .latency: return .latency
        case .throughput: return .throughput
        case .auto:
            // Hosts of one machine share its memory: there slices only add calls.
            guard Set(candidates.map(\.measured.kind.machine)).count > 1 else { return .throughput }
            let (latency, throughput) = (predictions[.latency] ?? 0, predictions[.throughput] ?? 0)
            var chooser = chooser ?? ModeChooser(mode: latency < throughput ? .latency : .throughput)
            defer { self.chooser = chooser }
            return chooser.look(latency: latency, throughput: throughput)
        }
    }

    // MARK: how fast hosts are

    /// Bytes a second that a host is taken to read.
    func speed(of host: HostSpeeds.Host) -> Double { speeds.speed(of: host) }

    /// Looks at how fast all connected hosts are; done every few seconds, and of no effect before the first plan.
    ///
    /// - Returns: whether the speed of any of them has changed.
    mutating func lookAtSpeeds(_ hosts: [HostSpeeds.Host]) -> Bool { current != nil && speeds.look(hosts) }

    /// Where only load and speeds have shifted, a new plan must be predicted to take at most this share of the time of
    /// the plan in use.
    private static let worthwhile = 0.9
}
