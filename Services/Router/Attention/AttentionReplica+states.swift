internal import Messages
internal import Transport

/// Sequences and kept states of a replica: what is done with them is done in all of its parts, or in none that matters.
/// What a part that has failed leaves behind in the others is closed or dropped.
extension AttentionReplica {
    /// See `AttentionClient.open`.
    ///
    /// - Returns: bytes of memory that are bound for it in the part that has bound most.
    func open(
        _ sequence: SequenceID, tokensMax: Int, from state: StateID = .none, length: Int = 0, consumes: Bool = false
    ) async throws -> Int {
        let results = await tryAll {
            try await $0.open(sequence, tokensMax: tokensMax, from: state, length: length, consumes: consumes)
        }
        return try await largest(results) { await self.tidy { try await $0.close([sequence]) } }
    }

    /// See `AttentionClient.grow`. Where a part has no memory, others may have granted it; that costs nothing.
    ///
    /// - Returns: bytes of memory that are bound for the whole sequence in the part that has bound most.
    func grow(_ sequence: SequenceID, tokensMax: Int) async throws -> Int {
        try await largest(await tryAll { try await $0.grow(sequence, tokensMax: tokensMax) }) {}
    }

    /// Ends sequences. What is kept of them stays.
    func close(_ sequences: [SequenceID]) async throws { _ = try await askAll { try await $0.close(sequences) } }

    /// Ends all sequences of this router.
    func closeAll() async throws { _ = try await askAll { try await $0.closeAll() } }

    /// See `AttentionClient.keep`.
    ///
    /// - Returns: how many tokens the state has; nil where parts do not agree.
    func keep(_ keep: StepPlan.Keep) async throws -> Int? {
        let lengths = try await values(await tryAll { try await $0.keep(keep) }) {
            await self.tidy { try await $0.drop([keep.state]) }
        }
        return Set(lengths).count == 1 ? lengths[0] : nil
    }

    /// See `AttentionClient.keepParked`.
    func keepParked(_ sequence: SequenceID, as state: StateID) async throws {
        _ = try await values(await tryAll { try await $0.keepParked(sequence, as: state) }) {
            await self.tidy { try await $0.drop([state]) }
        }
    }

    /// See `AttentionClient.store`. Where a part cannot write it, the state is where it was in that part, and on disk
    /// in others.
    ///
    /// - Returns: the size of all its files.
    @discardableResult func store(_ state: StateID, leavesMemory: Bool) async throws -> Int {
        try await values(await tryAll { try await $0.store(state, leavesMemory: leavesMemory) }) {}
            .reduce(0) { $0.adding($1) }
    }

    /// Drops kept states, wherever they are.
    func drop(_ states: [StateID]) async throws { _ = try await askAll { try await $0.drop(states) } }

    /// The states that all parts keep for this router's name, with what they take together; and those that only some
    /// keep, which are of no use.
    func listStates() async throws -> (whole: [KeptStateInfo], broken: Set<StateID>) {
        let lists = try await askAll { try await $0.listStates() }
        guard lists.count > 1 else { return (lists[0], []) }
        let all = Dictionary(grouping: lists.joined(), by: \.state)
        let whole = all.values.filter { $0.count == parts.count && Set($0.map(\.length)).count == 1 }
        let broken = Set(all.keys).subtracting(whole.map { $0[0].state })
        return (whole.map { infos in infos.dropFirst().reduce(infos[0]) { $0.adding($1) } }, broken)
    }

    /// The ids of those that all parts keep, and of those that only some do.
    func keptStates() async throws -> (whole: Set<StateID>, broken: Set<StateID>) {
        let (whole, broken) = try await listStates()
        return (Set(whole.map(\.state)), broken)
    }

    /// What was given with a state when it was kept: the same to all parts.
    ///
    /// - Throws: `RPCError` `notFound` where the state is gone, `ClusterError` where parts do not agree.
    func describe(_ state: StateID) async throws -> KeptStateDescription {
        let all = try await askAll { try await $0.describe(state) }
        for (part, description) in zip(parts, all).dropFirst()
        where description.tokens != all[0].tokens || description.scope != all[0].scope {
            throw ClusterError.answer(from: part.label, "other tokens of state \(state) than \(parts[0].label)")
        }
        return all[0]
    }

    private func largest(
        _ results: [Result<Int, any Error>], _ tidy: () async -> Void
    ) async throws -> Int { try await values(results, tidy).max() ?? 0 }

    /// - Parameter tidy: called before the first error is thrown, where there is one.
    func values<Value>(
        _ results: [Result<Value, any Error>], _ tidy: () async -> Void
    ) async throws -> [Value] {
        do { return try results.map { try $0.get() } } catch {
            if parts.count > 1 { await tidy() }
            throw error
        }
    }

    /// Where a part does not answer, it has nothing that would have to be tidied: it is lost, and with it all it had.
    func tidy(_ work: @escaping @Sendable (AttentionClient) async throws -> Void) async {
        _ = await tryAll(work)
    }
}

extension KeptStateInfo {
    /// Of one state, what two parts keep of it together.
    fileprivate func adding(_ other: KeptStateInfo) -> KeptStateInfo {
        KeptStateInfo(
            state: state, length: length, bytes: bytes.adding(other.bytes), ownBytes: ownBytes.adding(other.ownBytes),
            diskBytes: diskBytes.adding(other.diskBytes), promised: promised, idleMilliseconds: idleMilliseconds)
    }
}

extension Int {
    /// The sum of two sizes that others have told: what is beyond all numbers is the largest.
    fileprivate func adding(_ other: Int) -> Int {
        let (sum, isTooLarge) = addingReportingOverflow(other)
        return isTooLarge ? .max : sum
    }
}
