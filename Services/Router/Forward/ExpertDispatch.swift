internal import Cluster
internal import Messages
internal import Metrics
internal import NIOCore
internal import Tensors
internal import Transport

/// Sends a layer's token groups to the hosts that hold their experts, one call a host, and gives the outputs back in the order of the groups.
///
/// An expert is a pure function: what a host did not answer, another is asked for again, and nobody can tell from the bytes.
struct ExpertDispatch: Sendable {
    let hosts: ExpertHosts
    let timeout: TimeAmount
    private let retries = Counter(label: "minimax_expert_calls_retried_total")
    private let hedges = Counter(label: "minimax_expert_calls_hedged_total")
    /// From a call to its answer; several are under way at the same time.
    private let roundTrips = FloatingPointCounter(label: "minimax_expert_round_trip_seconds_total")

    init(hosts: ExpertHosts, timeout: TimeAmount) {
        self.hosts = hosts
        self.timeout = timeout
    }

    /// - Parameter input: (tokens, D).
    /// - Returns: (members, D) for each group.
    func run(_ layer: Int, _ input: Tensor, _ groups: TokenGroups, _ meter: StepMeter) async throws -> [Tensor] {
        let uses = groups.groups.lazy.map { (expert: $0.expert, rows: $0.members.count) }
        hosts.load.note(layer, uses, rows: groups.rowCount, dropped: groups.droppedCount)
        let work = LayerWork(layer: layer, input: input, groups: groups)
        let parts = try await meter.time(.experts) { try await answers(work, work.pieces, meter) }
        return meter.time(.dispatch) { work.outputs(parts) }
    }

    /// What came of each piece, in any order and perhaps in smaller pieces.
    ///
    /// - Parameter failed: instances of hosts that were asked already, one for each attempt.
    private func answers(_ work: LayerWork, _ pieces: [ExpertPiece], after failed: [String] = [], _ meter: StepMeter) async throws -> [PieceAnswer] {
        try await together(try await route(work, pieces)) { try await answers(work, $0, after: failed, meter) }
    }

    /// What came of all calls, which are made at the same time.
    private func together(_ calls: [HostCall], _ make: @escaping @Sendable (HostCall) async throws -> [PieceAnswer]) async throws -> [PieceAnswer] {
        guard calls.count > 1 else { return try await make(calls[0]) }
        return try await withThrowingTaskGroup(of: [PieceAnswer].self) { tasks in
            // Each makes its call before the next begins: on one event loop, without a turn of it in between.
            for call in calls { tasks.addImmediateTask { try await make(call) } }
            return try await tasks.reduce(into: []) { $0 += $1 }
        }
    }

    /// One host's answer; where it gives none, that of others.
    private func answers(_ work: LayerWork, _ call: HostCall, after failed: [String], _ meter: StepMeter) async throws -> [PieceAnswer] {
        let failed = failed + [call.host.instance], host = call.host
        do {
            return try await askHedged(work, call, after: failed, meter)
        } catch let failure as HostFailure {
            retries.increment()
            switch failure.kind {
            case .gone: await hosts.lost(host, why: "\(failure.error)")
            case .late: await hosts.late(host, why: "\(failure.error)")
            case .lacking, .busy:
                guard !host.health.lapsed(atMost: Self.lapsesMax) else {
                    await hosts.lost(host, why: "\(failure.error)")
                    break
                }
                if failure.kind == .lacking { await hosts.lacks(host, layer: work.layer, call.pieces) }
                try await Task.sleep(for: Self.pause)
            case .wrong:
                // It is the host's fault only if another one does better.
                guard await hosts.doubt(host) else { throw failure.error }
                do {
                    let parts = try await answers(work, call.pieces, after: failed, meter)
                    await hosts.lost(host, why: "\(failure.error)")
                    return parts
                } catch {
                    await hosts.believe(host)
                    throw failure.error
                }
            }
            guard failed.count < Self.triesMax else { throw failure.error }
            return try await answers(work, call.pieces, after: failed, meter)
        }
    }

    /// Whom to ask; waits where nobody can be asked for a piece until somebody can.
    private func route(_ work: LayerWork, _ pieces: [ExpertPiece]) async throws -> [HostCall] {
        let begin = ContinuousClock.now
        while true {
            let table = hosts.routing.table
            // Those that are late are asked only where nobody else is left.
            let (calls, missing) = table.calls(work.layer, pieces, rowCounts: work.rowCounts, anyone: table.soundCount == 0)
            if missing.isEmpty { return calls }
            guard begin.duration(to: .now) < hosts.config.patience, !hosts.status.areExpertsHopeless else {
                throw ClusterError.notHeld(ExpertUnit(layer: work.layer, expert: missing[0].expert))
            }
            try Task.checkCancellation()
            hosts.need(layer: work.layer)
            await hosts.routing.wait(after: table.serial)
        }
    }

    // MARK: one host

    /// Asks a host, and another one beside it if the first is late and the other is there.
    private func askHedged(_ work: LayerWork, _ call: HostCall, after failed: [String], _ meter: StepMeter) async throws -> [PieceAnswer] {
        let expected = work.expectedSeconds(call, hosts.inventory)
        let patience = call.host.health.patience(expected: expected)
        let table = hosts.routing.table
        // A host that is alone is waited for: there is nobody who could do it faster.
        let deadline = table.soundCount > 1 ? min(timeout, .milliseconds(Int64(patience.deadline * 1000))) : timeout
        guard table.hasCopies, case let (others, missing) = table.calls(work.layer, call.pieces, rowCounts: work.rowCounts, avoiding: failed), missing.isEmpty, !others.isEmpty else {
            return try await ask(work, call, deadline, expected, meter)
        }
        let winner = await withTaskGroup(of: Racer.self) { racers -> Result<[PieceAnswer], any Error> in
            racers.addTask { .first(await result { try await ask(work, call, deadline, expected, meter) }) }
            racers.addTask {
                .second(await result {
                    try await Task.sleep(for: .seconds(patience.hedge))
                    hedges.increment()
                    return try await together(others) { try await ask(work, $0, deadline, work.expectedSeconds($0, hosts.inventory), meter) }
                })
            }
            defer { racers.cancelAll() }
            for await racer in racers {
                switch racer {
                case .first(let answer): return answer          // where it failed, the caller asks elsewhere
                case .second(.success(let answer)):
                    if call.host.health.isOutrunOften() { await hosts.late(call.host, why: "others answer sooner every time") }
                    return .success(answer)
                case .second(.failure): break
                }
            }
            return .failure(CancellationError())
        }
        return try winner.get()
    }

    /// Who answers a hedged call: the host itself, or others that were asked later.
    private enum Racer: Sendable {
        case first(Result<[PieceAnswer], any Error>), second(Result<[PieceAnswer], any Error>)
    }

    private func ask(_ work: LayerWork, _ call: HostCall, _ timeout: TimeAmount, _ expected: Double, _ meter: StepMeter) async throws -> [PieceAnswer] {
        let request = meter.time(.dispatch) { work.request(call) }
        let begin = ContinuousClock.now
        let response: ExpertResponse
        do throws(RPCError) {
            response = try await call.host.rpc.call(.runExperts, request, timeout: timeout, whenDisconnected: .fail)
        } catch {
            guard !Task.isCancelled else { throw CancellationError() }
            throw HostFailure(kind: HostFailure.Kind(error.code), error: .expertHost(call.host.name, error))
        }
        let duration = begin.duration(to: .now)
        roundTrips.increment(by: duration / .seconds(1))
        let rows = request.groups.reduce(0) { $0 + $1.rows.count }, columns = work.input.columns
        guard response.outputs.count == rows * columns else {
            let error = ClusterError.answer(from: call.host.name, "\(response.outputs.count) values, expected \(rows) rows of \(columns)")
            throw HostFailure(kind: .wrong, error: error)
        }
        guard response.outputs.areFinite || !work.input.values.areFinite else {
            throw HostFailure(kind: .wrong, error: .answer(from: call.host.name, "values that are not finite"))
        }
        call.host.health.answered(after: duration / .seconds(1), expected: expected)
        return work.answers(call, response.outputs)
    }

    /// Of one piece, at all hosts together.
    private static let triesMax = 32
    /// Calls that one host may turn down in a row; plans that change can bring one or two about.
    private static let lapsesMax = 6
    private static let pause = Duration.milliseconds(20)
}

private func result(_ work: () async throws -> [PieceAnswer]) async -> Result<[PieceAnswer], any Error> {
    do { return .success(try await work()) } catch { return .failure(error) }
}

/// A host did not answer, or wrongly.
struct HostFailure: Error {
    enum Kind {
        /// Its connection is lost.
        case gone
        case late
        /// It does not hold what was asked for.
        case lacking
        case busy
        case wrong

        init(_ code: RPCError.Code) {
            self = switch code {
            case .deadlineExceeded: .late
            case .unavailable, .cancelled: .gone
            case .notFound: .lacking
            case .resourceExhausted: .busy
            case .invalidArgument, .failedPrecondition, .protocolError, .internalError: .wrong
            }
        }
    }

    let kind: Kind
    let error: ClusterError
}
