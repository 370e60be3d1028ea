internal import Messages
internal import Transport
internal import TypedCalls

/// Live states: one for each sequence.
extension AttentionClient {
    /// Begins a sequence, empty or with the first `length` tokens of a kept state.
    ///
    /// - Parameters:
    ///   - tokensMax: positions that the sequence may have.
    ///   - consumes: whether the state ends with that.
    /// - Returns: bytes of memory that are bound for it.
    /// - Throws: `RPCError` `resourceExhausted` where memory is short, `notFound` where the state is gone.
    @discardableResult func open(
        _ sequence: SequenceID, tokensMax: Int, from state: StateID = .none, length: Int = 0,
        consumes: Bool = false
    ) async throws -> Int {
        let request = OpenSequenceRequest(
            router: router, sequence: sequence, tokensMax: tokensMax, state: state, length: length, owner: owner,
            consumes: consumes)
        return try checked(grant: try await ask(.openSequence, request).grantedBytes)
    }

    /// - Parameter tokensMax: positions that the sequence may have from now on.
    /// - Returns: bytes of memory that are bound for the whole sequence.
    /// - Throws: `RPCError` `resourceExhausted` where memory is short; the sequence is as it was then.
    @discardableResult func grow(_ sequence: SequenceID, tokensMax: Int) async throws -> Int {
        let request = GrowSequenceRequest(router: router, sequence: sequence, tokensMax: tokensMax)
        return try checked(grant: try await ask(.growSequence, request).grantedBytes)
    }

    private func checked(grant bytes: Int) throws -> Int {
        guard bytes <= memoryBytes else { throw fault("a grant of \(bytes) bytes, expected \(memoryBytes) at most") }
        return bytes
    }

    /// Ends sequences. What is kept of them stays.
    func close(_ sequences: [SequenceID]) async throws {
        let request = CloseSequencesRequest(router: router, sequences: sequences, all: false)
        _ = try await ask(.closeSequences, request)
    }

    /// Ends all sequences of this router.
    func closeAll() async throws(RPCError) {
        let request = CloseSequencesRequest(router: router, sequences: [], all: true)
        _ = try await ask(.closeSequences, request)
    }
}
