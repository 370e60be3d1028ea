internal import Messages
internal import Metrics
internal import NIOCore
internal import Tensors
internal import Transport
internal import TypedCalls

/// Sends a layer's token groups to the hosts that hold their experts, one call a host, and gives the outputs back in
/// the order of the groups.
///
/// What is asked of whom, and what follows when a host fails, is decided by `PieceAttempt` and `HedgedCall`; here it is
/// done. Nobody can tell from the bytes who answered.
struct ExpertDispatch: Sendable {
    let hosts: ExpertHosts
    let timeout: TimeAmount
    private let retries = Counter(label: "minimax_expert_calls_retried_total")
    private let hedges = Counter(label: "minimax_expert_calls_hedged_total")
    /// From a call to its answer; several are under way at the same time.
    private let roundTrips = FloatingPointCounter(label: "minimax_expert_round_trip_seconds_total")

    /// - Parameter timeout: the most that one call may take.
    init(hosts: ExpertHosts, timeout: TimeAmount) {
        self.hosts = hosts
        self.timeout = timeout
    }

    /// - Parameter input: (tokens, D).
    /// - Returns: (members, D) for each group.
    /// - Throws: `ClusterError`, where an expert is not to be had; `CancellationError`.
    func run(_ layer: Int, _ input: Tensor, _ groups: TokenGroups, _ meter: StepMeter) async throws -> [Tensor] {
        let uses = groups.groups.lazy.map { (expert: $0.expert, rows: $0.members.count) }
        hosts.load.note(layer, uses, rows: groups.rowCount, dropped: groups.droppedCount)
        let work = LayerWork(layer: layer, input: input, groups: groups)
        let parts = try await meter.time(.experts) { try await answers(work, meter) }
        return meter.time(.dispatch) { work.outputs(parts) }
    }

    /// A step is over: its experts' part took this long, in all layers together. Reports use it; the planner does not.
    func note(stepSeconds: Double) { hosts.load.note(stepSeconds: stepSeconds) }

    // MARK: an attempt

    /// What came of each piece, in any order and perhaps in smaller pieces.
    private func answers(_ work: LayerWork, _ meter: StepMeter) async throws -> [PieceAnswer] {
        var attempt = PieceAttempt(layer: work.layer, patience: hosts.config.patience)
        do {
            var jobs = try await perform(attempt.begin(work.pieces), of: &attempt, work)
            // A job that is alone needs no task of its own.
            while jobs.count == 1 {
                let event = try await finish(jobs[0], work, meter)
                jobs = try await perform(attempt.take(event), of: &attempt, work)
            }
            if !jobs.isEmpty { try await finishTogether(jobs, of: &attempt, work, meter) }
            return attempt.answers
        } catch {
            // Of no effect where the attempt itself has given up.
            _ = try await perform(attempt.take(.interrupted(error)), of: &attempt, work)
            throw error
        }
    }

    /// Does what can be done at once.
    ///
    /// - Returns: what takes time.
    private func perform(
        _ actions: [PieceAttempt.Action], of attempt: inout PieceAttempt, _ work: LayerWork
    ) async throws -> [PieceAttempt.Job] {
        var actions = actions[...], jobs: [PieceAttempt.Job] = []
        while let action = actions.popFirst() {
            switch action {
            case .route(let need): actions += attempt.take(route(need, work))
            case .countLapse(let ask, let failure):
                let isTooOften = ask.call.host.health.lapsed(atMost: PieceAttempt.lapsesMax)
                actions += attempt.take(.lapseCounted(ask, failure, isTooOften: isTooOften))
            case .doubt(let ask, let failure):
                let hasOthers = await hosts.doubt(ask.call.host)
                actions += attempt.take(.doubted(ask, failure, hasOthers: hasOthers))
            case .start(let job): jobs.append(job)
            case .lost(let host, let why): await hosts.lost(host, why: why)
            case .late(let host, let why): await hosts.late(host, why: why)
            case .lacks(let host, let pieces): await hosts.lacks(host, layer: work.layer, pieces)
            case .believe(let host): await hosts.believe(host)
            case .fail(let error): throw error
            }
        }
        return jobs
    }

    private func route(_ need: PieceAttempt.Need, _ work: LayerWork) -> PieceAttempt.Event {
        let table = hosts.routing.table
        // Those that are late are asked only where nobody else is left.
        let (calls, missing) = table.calls(
            work.layer, need.pieces, rowCounts: work.rowCounts, anyone: table.soundCount == 0)
        guard let piece = missing.first else { return .routed(need, calls) }
        let isHopeless = hosts.status.areExpertsHopeless
        return .unrouted(need, piece, table: table.serial, now: .now, isHopeless: isHopeless)
    }

    /// Does jobs at the same time, and those that follow from them, until nothing is left to do.
    private func finishTogether(
        _ jobs: [PieceAttempt.Job], of attempt: inout PieceAttempt, _ work: LayerWork, _ meter: StepMeter
    ) async throws {
        try await withThrowingTaskGroup(of: PieceAttempt.Event.self) { tasks in
            // Each makes its call before the next begins: on one event loop, without a turn of it in between.
            for job in jobs { tasks.addImmediateTask { try await finish(job, work, meter) } }
            while let event = try await tasks.next() {
                for job in try await perform(attempt.take(event), of: &attempt, work) {
                    tasks.addImmediateTask { try await finish(job, work, meter) }
                }
            }
        }
    }

    private func finish(
        _ job: PieceAttempt.Job, _ work: LayerWork, _ meter: StepMeter
    ) async throws -> PieceAttempt.Event {
        switch job {
        case .ask(let ask):
            do {
                return .answered(ask, try await answers(to: ask, work, meter))
            } catch let failure as HostFailure {
                retries.increment()
                return .failed(ask, failure)
            }
        case .pause(let need):
            try await Task.sleep(for: PieceAttempt.pause)
            return .waited(need)
        case .awaitTable(let need, let serial):
            try Task.checkCancellation()
            hosts.need(layer: work.layer)
            await hosts.routing.wait(after: serial)
            return .waited(need)
        }
    }

    // MARK: one call

    /// Asks a host, and others beside it if it is late and they hold the same.
    private func answers(
        to ask: PieceAttempt.Ask, _ work: LayerWork, _ meter: StepMeter
    ) async throws -> [PieceAnswer] {
        let call = ask.call, table = hosts.routing.table
        let expected = work.expectedSeconds(call, hosts.inventory)
        let hedged = HedgedCall(
            call.host.health.patience(expected: expected), timeout: timeout,
            soundCount: table.soundCount, hasCopies: table.hasCopies
        ) {
            table.calls(work.layer, call.pieces, rowCounts: work.rowCounts, avoiding: ask.asked)
        }
        guard !hedged.others.isEmpty else { return try await self.ask(work, call, hedged.deadline, expected, meter) }
        return try await race(hedged, work, call, expected, meter)
    }

    private func race(
        _ hedged: HedgedCall, _ work: LayerWork, _ call: HostCall, _ expected: Double, _ meter: StepMeter
    ) async throws -> [PieceAnswer] {
        let winner = await withTaskGroup(of: HedgedCall.Event.self) { racers -> Result<[PieceAnswer], any Error> in
            racers.addTask { .host(await result { try await ask(work, call, hedged.deadline, expected, meter) }) }
            racers.addTask {
                do { try await Task.sleep(for: hedged.hedge) } catch { return .others(.failure(error)) }
                return .hostIsLate
            }
            defer { racers.cancelAll() }
            for await event in racers {
                switch hedged.action(on: event) {
                case .wait: break
                case .askOthers:
                    hedges.increment()
                    racers.addTask { .others(await result { try await askAll(hedged, work, meter) }) }
                case .end(let result, let isOutrun):
                    if isOutrun, call.host.health.isOutrunOften() {
                        await hosts.late(call.host, why: "others answer sooner every time")
                    }
                    return result
                }
            }
            return .failure(CancellationError())
        }
        return try winner.get()
    }

    /// What the others of a race answer, all of them together.
    private func askAll(_ hedged: HedgedCall, _ work: LayerWork, _ meter: StepMeter) async throws -> [PieceAnswer] {
        try await withThrowingTaskGroup(of: [PieceAnswer].self) { tasks in
            for call in hedged.others {
                let expected = work.expectedSeconds(call, hosts.inventory)
                tasks.addImmediateTask { try await ask(work, call, hedged.deadline, expected, meter) }
            }
            return try await tasks.reduce(into: []) { $0 += $1 }
        }
    }

    /// - Parameters:
    ///   - timeout: how long the host is waited for.
    ///   - expected: how long it should take, in seconds.
    /// - Throws: `HostFailure`; `CancellationError`.
    private func ask(
        _ work: LayerWork, _ call: HostCall, _ timeout: TimeAmount, _ expected: Double, _ meter: StepMeter
    ) async throws -> [PieceAnswer] {
        let request = meter.time(.dispatch) { work.request(call) }
        let begin = ContinuousClock.now
        let response: ExpertResponse
        do throws(RPCError) {
            response = try await call.host.rpc.call(.runExperts, request, timeout: timeout, whenDisconnected: .fail)
        } catch {
            guard !Task.isCancelled else { throw CancellationError() }
            throw HostFailure(kind: HostFailure.Kind(error.code), error: .expertHost(call.host.name, error))
        }
        let seconds = begin.duration(to: .now) / .seconds(1)
        roundTrips.increment(by: seconds)
        let rows = request.groups.reduce(0) { $0 + $1.rows.count }
        if let fault = work.fault(in: response.outputs, rows: rows) {
            throw HostFailure(kind: .wrong, error: .answer(from: call.host.name, fault))
        }
        call.host.health.answered(after: seconds, expected: expected)
        return work.answers(call, response.outputs)
    }
}

private func result(_ work: () async throws -> [PieceAnswer]) async -> Result<[PieceAnswer], any Error> {
    do { return .success(try await work()) } catch { return .failure(error) }
}
