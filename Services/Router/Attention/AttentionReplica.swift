internal import Checkpoint
internal import Messages
internal import Tensors
internal import Transport

/// One replica of attention: the processes that hold its parts, in the order of the parts. All of them have the same
/// sequences and kept states, each its own heads of them.
struct AttentionReplica: Sendable {
    let id: ReplicaID
    /// One for each part, at least one.
    let parts: [AttentionClient]
    private var config: ModelConfig { parts[0].config }

    /// Of its processes, for logs.
    var names: String { parts.map(\.name).joined(separator: ",") }

    /// Whether all of its processes are.
    var isConnected: Bool { parts.allSatisfy(\.isConnected) }

    /// (tokens, D)
    func embed(_ tokens: [UInt32]) async throws -> Tensor { try await parts[0].embed(tokens) }

    /// One layer's attention over the rows of some sequences that live here: the parts' shares added, the lightning
    /// output norm applied.
    ///
    /// - Parameters:
    ///   - normed: (rows, D), after the layer's first norm.
    ///   - spans: whose rows they are, in order.
    /// - Returns: (rows, D).
    func attend(_ layer: Int, _ normed: Tensor, _ spans: [SequenceSpan], _ compute: Compute) async throws -> Tensor {
        let shares = try await askAll { try await $0.attend(layer, normed, spans) }
        var output = Tensor(columns: normed.columns, values: treeSum(shares.map(\.partial)))
        guard config.layers[layer] == .lightning else { return output }
        let squares = treeSum(shares.map(\.squares)), width = config.headCount * config.headDimension
        compute.scaleRows(&output, by: squares.map { lightningNormScale(squares: $0, width: width) })
        return output
    }

    /// What the head says of some rows: the parts' answers merged, each about its range of the vocabulary.
    func head(_ call: HeadCall) async throws -> [HeadRow] {
        let requests = AttentionPart.all(of: parts.count).map(call.request)
        let responses = try await askEach { try await $1.head(requests[$0]) }
        do {
            let rows = try call.merge(responses, from: parts.map(\.label))
            let bytes = zip(requests, responses).reduce(0) { $0 + headBytes($1.0, $1.1) }
            Self.headMetrics.answered(rows: rows.count, bytes: bytes)
            return rows
        } catch {
            if case .answer(let label, let reason) = error { parts.first { $0.label == label }?.onFault(reason) }
            throw error
        }
    }

    private static let headMetrics = HeadMetrics()

    /// What all parts answer, in their order.
    func askAll<Value: Sendable>(
        _ ask: @escaping @Sendable (AttentionClient) async throws -> Value
    ) async throws -> [Value] {
        try await askEach { try await ask($1) }
    }

    /// What all parts answer, in their order, each of which `ask` knows by its number. One part costs no more than a
    /// call.
    private func askEach<Value: Sendable>(
        _ ask: @escaping @Sendable (Int, AttentionClient) async throws -> Value
    ) async throws -> [Value] {
        guard parts.count > 1 else { return [try await ask(0, parts[0])] }
        return try await withThrowingTaskGroup(of: (Int, Value).self) { tasks in
            for (index, part) in parts.enumerated() { tasks.addTask { (index, try await ask(index, part)) } }
            var answers: [Int: Value] = [:]
            for try await (index, answer) in tasks { answers[index] = answer }
            return parts.indices.compactMap { answers[$0] }
        }
    }

    /// Asks all parts, also those that come after one that fails: what came of each, in their order.
    func tryAll<Value: Sendable>(
        _ ask: @escaping @Sendable (AttentionClient) async throws -> Value
    ) async -> [Result<Value, any Error>] {
        guard parts.count > 1 else { return [await result(parts[0], ask)] }
        return await withTaskGroup(of: (Int, Result<Value, any Error>).self) { tasks in
            for (index, part) in parts.enumerated() { tasks.addTask { (index, await result(part, ask)) } }
            let results = await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
            return parts.indices.compactMap { results[$0] }
        }
    }

    private func result<Value: Sendable>(
        _ part: AttentionClient, _ ask: (AttentionClient) async throws -> Value
    ) async -> Result<Value, any Error> {
        do { return .success(try await ask(part)) } catch { return .failure(error) }
    }
}

/// Element by element; neighbours first, as sums inside a process are added (`sumParts`), so that the bytes do not tell
/// how many parts there were.
///
/// - Parameter parts: 1, 2, 4 or 8, all of the same length.
func treeSum(_ parts: [[Float]]) -> [Float] {
    var sums = parts
    while sums.count > 1 { sums = stride(from: 0, to: sums.count, by: 2).map { sums[$0].adding(sums[$0 + 1]) } }
    return sums[0]
}
