internal import AdminMessages
internal import Checkpoint
internal import Logging
internal import Messages
internal import NIOCore
internal import Transport
internal import TypedCalls

/// Makes replicas of the attention services that are there (`AttentionArrangement`), tells each process its part, and
/// tells the engine's sequences which replicas there are and how much memory they have.
actor AttentionDirector: AttentionMemberUser {
    struct Config: Sendable {
        var model: ModelConfig
        /// What every attention process has to have in common with the router.
        var members: AttentionHosts.Config
        /// How long a call may take.
        var timeout: TimeAmount
        /// Whose kept states this router's are.
        var owner: String
        /// How many processes the first arrangement waits for.
        var expected: Int
        var cost: AttentionCost
    }

    /// An attention process that has proven to hold the model.
    private struct Process {
        let client: AttentionClient
        var arranged: AttentionArrangement.Process
        var description: AttentionDescription
    }

    private let config: Config
    private let proof: WeightProof
    private let replicas: AttentionReplicas
    private let sequences: LiveSequences
    private let mover: StateMover
    private let status: ClusterStatus
    private let logger: Logger

    private var processes: [Member.ID: Process] = [:]
    private(set) var arrangement: AttentionArrangement
    /// Replicas whose processes have to be told their parts.
    private let unformed = AsyncStream.makeStream(of: AttentionArrangement.Replica.self)
    /// Processes that are being told their parts.
    private var forming: Set<Member.ID> = []
    /// Replicas that are about to go.
    private let leaving = AsyncStream.makeStream(of: ReplicaID.self)
    /// Of them, those that have nothing any more.
    private var empty: Set<ReplicaID> = []
    /// Processes that cannot be used, and why.
    private nonisolated let faults = AsyncStream.makeStream(of: (Member.ID, any Error).self)

    private static let period = Duration.seconds(1)
    /// How long a replica that could not be formed waits, the first time and at most.
    private static let retryPause = Duration.milliseconds(200), retryPauseMax = Duration.seconds(1)
    private static let hopCalls = 5
    private static let lookPause = Duration.milliseconds(5)
    /// The book of kept states is compared with the services' after so many periods.
    private static let refreshPeriods = 30
    /// A slow disk may need as long for all of attention's weights.
    private static let readingTime = TimeAmount.hours(1)

    init(
        _ config: Config, proof: WeightProof, engine: StepEngine, mover: StateMover, status: ClusterStatus,
        logger: Logger
    ) {
        (self.config, self.proof, self.replicas) = (config, proof, engine.replicas)
        (sequences, self.mover, self.status, self.logger) = (engine.sequences, mover, status, logger)
        arrangement = AttentionArrangement(config.cost, wanted: config.members.parts, expected: config.expected)
    }

    /// For as long as the router lives.
    ///
    /// - Parameter hosts: is told of processes that cannot be used.
    func run(_ hosts: AttentionHosts) async throws {
        try await withThrowingDiscardingTaskGroup { tasks in
            tasks.addTask {
                await withDiscardingTaskGroup { tasks in
                    // Side by side: one that does not answer keeps no other waiting.
                    for await replica in self.unformed.stream { tasks.addTask { await self.keepForming(replica) } }
                }
            }
            tasks.addTask { try await self.keepInTouch(hosts) }
            tasks.addTask {
                for await (id, error) in self.faults.stream {
                    if let damage = error as? DamagedWeights {
                        await hosts.damaged(id, fault: damage.fault)
                    } else {
                        await hosts.lost(id, why: "\(error)")
                    }
                }
            }
            for await replica in leaving.stream {
                tasks.addTask { await self.empty(replica) }
            }
        }
    }

    // MARK: processes come and go

    /// A process can be reached: makes sure that it serves the same checkpoint, then uses it.
    func connected(_ member: Member, _ rpc: RPCClient) async {
        let report = { @Sendable [faults] (why: String) -> Void in
            faults.continuation.yield((member.id, ClusterError.answer(from: "it", why)))
        }
        var client = AttentionClient(
            name: member.name, config: config.model, rpc: rpc, timeout: config.timeout, owner: config.owner,
            router: config.members.router, onFault: report)
        client.memoryBytes = member.memoryBytes
        do {
            let description = try await client.describe(timeout: config.timeout)
            if let fault = description.fault(expected(part: nil)) { throw client.fault(fault) }
            try await requireProof(of: description, client)
            let hop = try await hop(to: client)
            try Task.checkCancellation()        // it may have been lost meanwhile
            let arranged = AttentionArrangement.Process(
                id: member.id, machine: member.kind.machine, bandwidth: member.bandwidth, hop: hop)
            client.callTimes = AttentionCallTimes(of: member.name)
            processes[member.id] = Process(client: client, arranged: arranged, description: description)
            logger.info(
                "attention connected",
                metadata: [
                    "name": "\(member.name)", "kernels": "\(description.kernels)",
                    "memory.budget": "\(description.memoryBudgetBytes)",
                ])
            arrange()
        } catch {
            if !Task.isCancelled { faults.continuation.yield((member.id, error)) }
        }
    }

    func lost(_ id: Member.ID, why: String) {
        guard let process = processes.removeValue(forKey: id) else { return }
        // Another run of it, which is there already, has the same times.
        if !processes.keys.contains(where: { $0.name == id.name }) { process.client.callTimes?.forget() }
        arrange()
    }

    /// The process is about to stop: what its replica has goes to others.
    func draining(_ id: Member.ID) {
        guard processes[id]?.arranged.isDraining == false else { return }
        processes[id]?.arranged.isDraining = true
        guard let replica = arrangement.place(of: id)?.replica else { return arrange() }
        sequences.drain(replica)
        leaving.continuation.yield(replica)
    }

    func wanted(parts: AttentionPartsGoal) {
        arrangement.wanted = parts
        arrange()
    }

    func use(of id: Member.ID) -> AttentionUse? {
        guard let place = arrangement.place(of: id), let index = arrangement.index(of: place.replica) else {
            return nil
        }
        let count = sequences.sequenceCount(on: place.replica)
        // Whatever it keeps may stay there where nobody else could have it.
        let isIdle = count == 0 && (empty.contains(place.replica) || sequences.roomiest(except: place.replica) == nil)
        return AttentionUse(
            part: arrangement.partCount.flatMap { AttentionPart(index: place.part, count: $0) }, replica: index,
            sequences: count, keptBytes: processes[id]?.description.keptBytes ?? 0, isIdle: isIdle)
    }

    /// The shortest of a few calls that need no arithmetic, in seconds.
    private func hop(to client: AttentionClient) async throws -> Double {
        var shortest = Double.infinity
        for _ in 0 ..< Self.hopCalls {
            let begin = ContinuousClock.now
            _ = try await client.describe(timeout: config.timeout)
            shortest = min(shortest, begin.duration(to: .now) / .seconds(1))
        }
        return shortest
    }

    /// What every description has to say.
    ///
    /// - Parameter part: that the process was told to compute; nil: none yet.
    private func expected(part: AttentionPart?) -> AttentionExpectation {
        AttentionExpectation(
            fingerprint: config.members.fingerprint, arithmetic: config.members.attentionArithmetic, part: part)
    }

    /// No answer of weights that are not the model's may reach a reader.
    private func requireProof(of description: AttentionDescription, _ client: AttentionClient) async throws {
        guard proof.isNeeded(of: description.weightsCopy) else { return }
        if replicas.all.isEmpty {
            status.setAttention(missing: "the attention service's weights are being compared with the router's")
        }
        async let expected = proof.expectedOutsideExperts()        // read meanwhile
        let answer = try await client.rpc.call(.digestWeights, DigestsRequest(), timeout: Self.readingTime)
        if let fault = proof.fault(answer.digests, try await expected) { throw DamagedWeights(fault: fault) }
    }

    // MARK: replicas

    /// Replicas that are no more are given up at once; new ones are formed side by side.
    private func arrange() {
        let changes = arrangement.arrange(processes.values.map(\.arranged))
        for id in changes.dissolved {
            replicas.remove(id)
            empty.remove(id)
            sequences.lost(id)
            logger.info("a replica of attention is gone", metadata: ["replica": "\(id)"])
        }
        for replica in changes.formed { unformed.continuation.yield(replica) }
        tellStatus()
    }

    /// Where a process belongs, once its replica is formed.
    private func place(of id: Member.ID) -> (replica: ReplicaID, part: AttentionPart)? {
        guard let place = arrangement.place(of: id), replicas[place.replica] != nil, let count = arrangement.partCount,
            let part = AttentionPart(index: place.part, count: count)
        else { return nil }
        return (place.replica, part)
    }

    private func tellStatus() {
        status.setAttention(missing: replicas.all.isEmpty ? arrangement.missing(processes: processes.count) : nil)
        sequences.signal()
    }

    /// Forms a replica, again and again until that succeeds or its processes are gone.
    private func keepForming(_ replica: AttentionArrangement.Replica) async {
        // An earlier replica of theirs comes to its end first, so that they hear of their parts in order.
        while !forming.isDisjoint(with: replica.members), !Task.isCancelled {
            try? await Task.sleep(for: Self.lookPause)
        }
        forming.formUnion(replica.members)
        defer { forming.subtract(replica.members) }
        var pause = Self.retryPause, reason = ""
        while arrangement.replicas.contains(replica), !Task.isCancelled {
            do { return try await form(replica) } catch {
                if "\(error)" != reason {
                    reason = "\(error)"
                    logger.notice(
                        "a replica of attention cannot be formed yet",
                        metadata: [
                            "replica": "\(replica.id)", "services": "\(replica.names)", "error": "\(reason)",
                        ])
                }
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, Self.retryPauseMax)
            }
        }
    }

    /// Tells processes their parts, and takes over what they keep.
    private func form(_ replica: AttentionArrangement.Replica) async throws {
        let clients = replica.members.compactMap { processes[$0]?.client }
        guard clients.count == replica.members.count else { return }
        let made = AttentionReplica(id: replica.id, parts: clients)
        for (part, member) in zip(AttentionPart.all(of: clients.count), replica.members) {
            guard arrangement.replicas.contains(replica) else { return }
            // Not in one statement: that would hold on to `processes`, while others change it during the call.
            let description = try await made.parts[part.index].hold(part)
            processes[member]?.description = description
        }
        // Steps were cut off with the replica's last connection, so nobody knows how long its live states are.
        try await made.closeAll()
        // Before anything is kept there: the book must not forget what it has just learnt.
        try await StateInventory(replica: made, book: sequences, logger: logger).reconcile()
        guard arrangement.replicas.contains(replica) else { return sequences.lost(replica.id) }
        replicas.add(made)
        tellMemory(of: replica)
        logger.info(
            "a replica of attention is formed",
            metadata: [
                "replica": "\(replica.id)", "parts": "\(replica.names)",
            ])
        tellStatus()
        tellWhatFits()
    }

    /// Each part has an equal share of every state, so the part with the least memory says how much there is.
    private func tellMemory(of replica: AttentionArrangement.Replica) {
        let descriptions = replica.members.compactMap { processes[$0]?.description }
        guard let bytes = descriptions.map(\.memoryBudgetBytes).min() else { return }
        sequences.setStateSize(
            config.model.stateSize(of: replica.members.count, keyValues: config.members.keyValues))
        sequences.setMemory(of: replica.id, bytes: bytes, othersBytes: descriptions.map(\.othersBytes).max() ?? 0)
    }

    /// A context may be longer than there is memory for.
    private func tellWhatFits() {
        let context = config.model.maxPositions, tokens = sequences.tokensMax
        guard tokens < context else { return }
        let bytes = config.model.stateBytes(tokensMax: context, keyValues: config.members.keyValues)
        logger.notice(
            "requests may use less than the whole context, since attention has no memory for it",
            metadata: [
                "context.tokens": "\(context)", "context.mib": "\(bytes >> 20)", "usable.tokens": "\(tokens)",
            ])
    }

    // MARK: moves

    /// Carries what a replica keeps to others, for as long as it is there: its sequences leave meanwhile, and their
    /// states come first.
    private func empty(_ id: ReplicaID) async {
        var stuck: Set<StateID> = []
        while let source = replicas[id], !Task.isCancelled {
            let states = sequences.statesToMove(from: id)
            let next = states.first { !stuck.contains($0) }
            let target = sequences.roomiest(except: id).flatMap { replicas[$0] }
            guard let next, let target, target.parts.count == source.parts.count else {
                if next == nil, sequences.sequenceCount(on: id) == 0 { empty.insert(id) }
                try? await Task.sleep(for: Self.lookPause)
                continue
            }
            empty.remove(id)
            do { try await mover.move(next, from: source, to: target) } catch is StateMover.UnderWay {
                try? await Task.sleep(for: Self.lookPause)
            } catch {
                logger.notice("a state stays where it is", metadata: ["replica": "\(id)", "error": "\(error)"])
                stuck.insert(next)
                sequences.stays(next)
            }
        }
    }

    // MARK: time

    /// Tells each process that this router lives, hears how much memory it has, and whether it computes or only
    /// answers.
    private func keepInTouch(_ hosts: AttentionHosts) async throws {
        var periods = 0
        while true {
            try await Task.sleep(for: Self.period)
            sequences.signal()
            periods += 1
            await withDiscardingTaskGroup { tasks in
                for id in processes.keys { tasks.addTask { await self.ask(id, hosts) } }
            }
            for replica in arrangement.replicas {
                guard let known = replicas[replica.id] else { continue }
                tellMemory(of: replica)
                guard periods % Self.refreshPeriods == 0 else { continue }
                // A connection that is lost is dealt with where it is noticed.
                try? await StateInventory(replica: known, book: sequences, logger: logger).refresh()
            }
        }
    }

    private func ask(_ id: Member.ID, _ hosts: AttentionHosts) async {
        guard let client = processes[id]?.client else { return }
        // While a replica is being formed its processes may still have other parts.
        let place = place(of: id)
        do throws(RPCError) {
            let description = try await client.describe(timeout: AttentionHosts.answerTime)
            let part = place?.replica == self.place(of: id)?.replica ? place?.part : nil
            if let fault = description.fault(expected(part: part)) {
                client.fault(fault)
                return
            }
            processes[id]?.description = description
            if let fault = description.stallFault { await hosts.lost(id, why: fault) }
        } catch  where error.code == .deadlineExceeded {
            await hosts.late(id, why: "it does not answer")
        } catch {}        // the connection is lost, which is noticed elsewhere
    }
}

/// A process has read weights that are not the model's.
struct DamagedWeights: Error {
    let fault: String
}
