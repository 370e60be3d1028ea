internal import TerminalOutput

/// What the calls of decode steps cost: how often threads were woken up for one, and where its time went.
struct CallFigures: Sendable {
    /// What was measured, for people, for example `context512.batch1`.
    let title: String
    /// What was measured, for programs, for example `decode.bf16.exact.context512.batch1`.
    let name: String
    /// What was counted while nothing but decode steps ran.
    let counters: CallCounters

    /// What one call of a service costs on average.
    struct Call: Sendable, Equatable {
        /// How many such calls a step makes.
        var perStep: Double
        /// Context switches of the service's processes for each of its calls.
        var wakeUps: Double
        /// Those of the context switches in which another thread took the core.
        var involuntary: Double
        /// Microseconds from the router's call to its answer: the sum of the three below.
        var time: Double
        /// Microseconds of computation.
        var compute: Double
        /// Microseconds in the service before and after its computation.
        var waiting: Double
        /// Microseconds outside the service: encoding, sockets, and waking up both sides.
        var wire: Double
    }

    private func call(_ service: CallCounters.Service) -> Call {
        func each(_ amount: Double) -> Double { amount / service.calls }
        return Call(
            perStep: service.calls / counters.steps,
            wakeUps: each(service.switches), involuntary: each(service.involuntarySwitches),
            time: each(service.roundTripSeconds) * 1e6, compute: each(service.computeSeconds) * 1e6,
            waiting: each(service.seconds - service.computeSeconds) * 1e6,
            wire: each(service.roundTripSeconds - service.seconds) * 1e6)
    }

    var attention: Call { call(counters.attention) }
    var experts: Call { call(counters.experts) }
    private var calls: Double { counters.attention.calls + counters.experts.calls }
    private var all: [CallCounters.Service] { [counters.attention, counters.experts, counters.router] }
    /// Context switches of the router for each call that it makes.
    var routerWakeUps: Double { counters.router.switches / calls }
    /// Context switches of all processes for each call.
    var wakeUps: Double { all.map(\.switches).reduce(0, +) / calls }
    var involuntary: Double { all.map(\.involuntarySwitches).reduce(0, +) / calls }
    var callsPerStep: Double { calls / counters.steps }

    private func stepMicroseconds(_ seconds: Double) -> Double { seconds / counters.steps * 1e6 }
    /// Microseconds of a step: first of the whole step, then of each of `CallCounters.parts`.
    var stepTimes: [Double] {
        ([counters.stepSeconds] + CallCounters.parts.map { counters.partSeconds[$0] ?? .nan }).map(stepMicroseconds)
    }

    var measurements: [Measurement] {
        func lower(_ what: String, _ value: Double, _ unit: String) -> Measurement {
            Measurement(name: "\(name).\(what)", value: value, unit: unit, better: .lower)
        }
        let services = [("attention", attention), ("experts", experts)].flatMap { service, call in
            [
                lower("\(service).calls_per_step", call.perStep, "calls"),
                lower("\(service).wakeups_per_call", call.wakeUps, "wake-ups"),
                lower("\(service).involuntary_wakeups_per_call", call.involuntary, "wake-ups"),
                lower("\(service).time_per_call", call.time, "µs"),
                lower("\(service).compute_per_call", call.compute, "µs"),
                lower("\(service).waiting_per_call", call.waiting, "µs"),
                lower("\(service).wire_per_call", call.wire, "µs"),
            ]
        }
        let all = [
            lower("calls_per_step", callsPerStep, "calls"),
            lower("router.wakeups_per_call", routerWakeUps, "wake-ups"),
            lower("wakeups_per_call", wakeUps, "wake-ups"),
            lower("involuntary_wakeups_per_call", involuntary, "wake-ups"),
        ]
        let times = zip(["step"] + CallCounters.parts.map { "step.\($0)" }, stepTimes).map { lower($0, $1, "µs") }
        return services + all + times
    }
}

extension [CallFigures] {
    /// One row for each service of each case, then where the steps' time went.
    var tables: [TextTable] {
        guard !isEmpty else { return [] }
        var calls = TextTable(header: ["calls", "a step", "wake-ups each", "µs each", "compute", "waiting", "wire"])
        var steps = TextTable(header: ["µs of a step", "all"] + CallCounters.parts)
        for figures in self {
            func add(_ who: String, _ cells: [Double?]) {
                calls.rows.append(["\(figures.title) \(who)"] + cells.map { $0.map(figure) ?? "" })
            }
            for (service, call) in [("attention", figures.attention), ("experts", figures.experts)] {
                add(service, [call.perStep, call.wakeUps, call.time, call.compute, call.waiting, call.wire])
            }
            add("router", [nil, figures.routerWakeUps, nil, nil, nil, nil])
            add("all processes", [figures.callsPerStep, figures.wakeUps, nil, nil, nil, nil])
            steps.rows.append([figures.title] + figures.stepTimes.map(figure))
        }
        return [calls, steps]
    }
}
