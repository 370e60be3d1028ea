internal import Checkpoint
internal import Messages
internal import Snapshots
internal import Transport
internal import TypedCalls

/// Kept states.
extension AttentionClient {
    /// Keeps a sequence's live state for later prompts.
    ///
    /// - Returns: how many tokens the state has.
    /// - Throws: `RPCError` `resourceExhausted` where there is no memory for it. A sequence that goes on is as it was.
    func keep(_ keep: StepPlan.Keep) async throws -> Int {
        let request = KeepStateRequest(
            router: router, sequence: keep.id, state: keep.state, owner: owner, closes: keep.closes,
            worthMilliseconds: Int(keep.worth / .milliseconds(1)), scope: keep.scope.text, tokens: keep.tokens)
        return try await ask(.keepState, request).length
    }

    /// Ends a sequence, and keeps its state until the sequence comes back. Nobody else begins from such a state: it has
    /// no tokens.
    func keepParked(_ sequence: SequenceID, as state: StateID) async throws {
        let request = KeepStateRequest(
            router: router, sequence: sequence, state: state, owner: owner, closes: true, promised: true)
        _ = try await ask(.keepState, request)
    }

    /// Writes a kept state to disk, if it is not there.
    ///
    /// - Parameter leavesMemory: whether it is on disk only then.
    /// - Returns: the size of its file.
    /// - Throws: `RPCError` `resourceExhausted` where the disk is full; the state stays in memory.
    @discardableResult func store(_ state: StateID, leavesMemory: Bool) async throws(RPCError) -> Int {
        let request = StoreStateRequest(router: router, owner: owner, state: state, leavesMemory: leavesMemory)
        return try await ask(.storeState, request).diskBytes
    }

    /// A kept state's file, of which all that stands before the data is read; it is written where there is none.
    func file(of state: StateID) async throws -> SnapshotPartFile {
        let first = try await export(state, at: 0, bytesMax: SnapshotHeader.lengthByteCount)
        let headerBytes = try SnapshotHeader.byteCount(beginning: first.part, fileByteCount: first.fileBytes)
        var header = first.part
        while header.count < headerBytes {
            header += try await bytes(header.count ..< headerBytes, of: state, fileBytes: first.fileBytes)
        }
        return SnapshotPartFile(header: header, byteCount: first.fileBytes)
    }

    /// Bytes of a kept state's file, which has so many: those with which a range begins, at least one.
    func bytes(_ range: Range<Int>, of state: StateID, fileBytes: Int) async throws -> [UInt8] {
        let answer = try await export(state, at: range.lowerBound, bytesMax: range.count)
        let count = answer.part.count
        guard count > 0, count <= range.count else {
            throw fault("\(count) bytes of a state's file, expected 1 to \(range.count)")
        }
        guard answer.fileBytes == fileBytes else {
            // It may have been written anew.
            throw ClusterError.answer(from: label, "a file of \(answer.fileBytes) bytes, expected \(fileBytes)")
        }
        return answer.part
    }

    /// Some bytes of a kept state's file.
    func export(_ state: StateID, at offset: Int, bytesMax: Int) async throws(RPCError) -> ExportStateResponse {
        let request = ExportStateRequest(
            router: router, owner: owner, state: state, offset: offset, bytesMax: bytesMax)
        return try await ask(.exportState, request)
    }

    /// Sends a part of a kept state's file, which begins at `offset` in it; with the last part the state is kept.
    func `import`(
        _ part: [UInt8], of state: StateID, in scope: PrefixScope, at offset: Int, isLast: Bool
    ) async throws(RPCError) {
        let request = ImportStateRequest(
            router: router, owner: owner, state: state, scope: scope.text, offset: offset, isLast: isLast, part: part)
        _ = try await ask(.importState, request)
    }

    /// Drops kept states, wherever they are.
    func drop(_ states: [StateID]) async throws(RPCError) {
        let request = DropStatesRequest(router: router, owner: owner, states: states)
        _ = try await ask(.dropStates, request)
    }

    /// All states that the service keeps for this router's name.
    func listStates() async throws -> [KeptStateInfo] {
        let states = try await ask(.listStates, ListStatesRequest(router: router, owner: owner)).states
        var ids: Set<StateID> = []
        for info in states where !ids.insert(info.state).inserted {
            throw fault("state \(info.state) twice in the list of its states")
        }
        return states
    }

    /// What was given with a state when it was kept.
    func describe(_ state: StateID) async throws -> KeptStateDescription {
        let request = DescribeStateRequest(router: router, owner: owner, state: state)
        let description = try await ask(.describeState, request)
        for token in description.tokens where !(0 ..< config.vocabularySize).contains(Int(token)) {
            throw fault("token \(token) in state \(state), which is none of \(config.vocabularySize)")
        }
        return description
    }
}
