internal import LocalCluster

/// What the processes of a cluster have counted up to one moment, or between two.
struct CallCounters: Sendable, Equatable {
    /// The sums over all processes with one role.
    struct Service: Sendable, Equatable {
        /// How many calls were answered.
        var calls = 0.0
        /// The seconds that calls spent in the service.
        var seconds = 0.0
        /// The seconds in which the service computed.
        var computeSeconds = 0.0
        /// The seconds that callers waited for answers.
        var roundTripSeconds = 0.0
        /// The context switches of the processes' threads.
        var switches = 0.0
        /// The context switches in which another thread took the core.
        var involuntarySwitches = 0.0

        static func - (a: Service, b: Service) -> Service {
            Service(
                calls: a.calls - b.calls, seconds: a.seconds - b.seconds,
                computeSeconds: a.computeSeconds - b.computeSeconds,
                roundTripSeconds: a.roundTripSeconds - b.roundTripSeconds,
                switches: a.switches - b.switches, involuntarySwitches: a.involuntarySwitches - b.involuntarySwitches)
        }
    }

    static let parts = ["attention", "gate", "dispatch", "experts", "combine", "sampling"]

    var attention = Service()
    var experts = Service()
    /// Only the context switches of the router are known.
    var router = Service()
    var steps = 0.0
    var stepSeconds = 0.0
    /// The seconds that each of `parts` took of the steps, as the router sees it.
    var partSeconds: [String: Double] = [:]

    static func - (a: CallCounters, b: CallCounters) -> CallCounters {
        CallCounters(
            attention: a.attention - b.attention, experts: a.experts - b.experts, router: a.router - b.router,
            steps: a.steps - b.steps, stepSeconds: a.stepSeconds - b.stepSeconds,
            partSeconds: a.partSeconds.merging(b.partSeconds) { $0 - $1 })
    }
}

extension CallCounters {
    /// - Parameter pages: the metrics of all processes.
    init(_ pages: [(role: ProcessPlan.Role, page: MetricsPage)]) {
        for (role, page) in pages {
            switch role {
            case .attention: attention.add(page, "minimax_attention")
            case .expertHost: experts.add(page, "minimax_expert")
            case .router:
                router.addSwitches(page)
                steps += page.sum("minimax_steps_total")
                stepSeconds += page.sum("minimax_step_seconds_sum")
                for part in Self.parts {
                    partSeconds[part, default: 0] += page.sum("minimax_step_part_seconds_total", "part", part)
                }
                attention.roundTripSeconds += page.sum("minimax_step_part_seconds_total", "part", "attention")
                experts.roundTripSeconds += page.sum("minimax_expert_round_trip_seconds_total")
            }
        }
    }

    /// Asks all processes for their metrics at the same time.
    ///
    /// - Throws: `StartError` when one refuses.
    static func now(_ processes: [ClusterHandle.Child]) async throws -> CallCounters {
        try await withThrowingTaskGroup { tasks in
            for process in processes {
                tasks.addTask {
                    (role: process.role, page: try await MetricsPage.of(process.admin, process.name))
                }
            }
            return CallCounters(try await tasks.reduce(into: []) { $0.append($1) })
        }
    }
}

extension CallCounters.Service {
    fileprivate mutating func add(_ page: MetricsPage, _ service: String) {
        calls += page.sum("\(service)_calls_total")
        seconds += page.sum("\(service)_call_seconds_total")
        computeSeconds += page.sum("\(service)_compute_seconds_total")
        addSwitches(page)
    }

    fileprivate mutating func addSwitches(_ page: MetricsPage) {
        switches += page.sum("minimax_process_context_switches_total")
        involuntarySwitches += page.sum("minimax_process_context_switches_total", "kind", "involuntary")
    }
}
