internal import Checkpoint
internal import Messages
internal import Synchronization
internal import Tensors
internal import Transport

/// All replicas of attention there are, as the forward pass sees them. Each row goes to the replica where its sequence
/// lives; all replicas are asked at the same time.
final class AttentionReplicas: Attention {
    private let current: Mutex<[ReplicaID: AttentionReplica]>

    init(_ replicas: [AttentionReplica] = []) {
        current = Mutex(Dictionary(uniqueKeysWithValues: replicas.map { ($0.id, $0) }))
    }

    /// Ascending by id.
    var all: [AttentionReplica] { current.withLock { $0.values.sorted { $0.id < $1.id } } }

    /// Nil where it is gone.
    subscript(id: ReplicaID) -> AttentionReplica? { current.withLock { $0[id] } }

    func add(_ replica: AttentionReplica) { current.withLock { $0[replica.id] = replica } }

    func remove(_ id: ReplicaID) { current.withLock { $0[id] = nil } }

    /// Any replica can embed.
    func embed(_ tokens: [UInt32]) async throws -> Tensor {
        try await firstAnswer(of: all) { try await $0.embed(tokens) }
    }

    /// Any replica's head can answer for any row: each is asked for as many rows as the others.
    func head(_ call: HeadCall) async throws -> [HeadRow] {
        let all = all, count = min(all.count, call.questions.count)
        guard count > 1 else { return try await firstAnswer(of: all) { try await $0.head(call) } }
        return try await withThrowingTaskGroup(of: (Int, [HeadRow]).self) { tasks in
            for index in 0 ..< count {
                let rows = call.questions.count * index / count ..< call.questions.count * (index + 1) / count
                let order = all[index...] + all[..<index]
                tasks.addTask { (index, try await self.firstAnswer(of: order) { try await $0.head(call.rows(rows)) }) }
            }
            let answers = try await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
            return (0 ..< count).flatMap { answers[$0] ?? [] }
        }
    }

    /// What the first replica answers that does.
    private func firstAnswer<Value>(
        of replicas: some Sequence<AttentionReplica>, _ ask: (AttentionReplica) async throws -> Value
    ) async throws -> Value {
        var failure: any Error = ReplicaGone()
        for replica in replicas {
            do { return try await ask(replica) } catch { failure = error }
            try Task.checkCancellation()
        }
        throw failure
    }

    func attend(
        _ layer: Int, _ normed: Tensor, _ shares: [BatchShare], _ compute: Compute
    ) async -> Attended {
        // One replica has all rows, in their order.
        if shares.count == 1 {
            do { return Attended(output: try await attend(layer, normed, shares[0], compute)) } catch {
                return Attended(output: normed, lost: [shares[0].replica: error])
            }
        }
        return await withTaskGroup(of: (BatchShare, Result<Tensor, any Error>).self) { tasks in
            for share in shares {
                tasks.addTask {
                    let rows = normed.rows(of: share.rows)
                    do { return (share, .success(try await self.attend(layer, rows, share, compute))) } catch {
                        return (share, .failure(error))
                    }
                }
            }
            var attended = Attended(output: Tensor(rows: normed.rows, columns: normed.columns))
            for await (share, result) in tasks {
                switch result {
                case .success(let rows): attended.output.set(share.rows, to: rows)
                case .failure(let error): attended.lost[share.replica] = error
                }
            }
            return attended
        }
    }

    private func attend(
        _ layer: Int, _ normed: Tensor, _ share: BatchShare, _ compute: Compute
    ) async throws -> Tensor {
        guard let replica = self[share.replica] else { throw ReplicaGone() }
        return try await replica.attend(layer, normed, share.spans, compute)
    }
}

/// The replica was taken apart before it was asked, whatever the reason: what was asked has nothing to do with it.
struct ReplicaGone: Error, CustomStringConvertible {
    var description: String { "the replica of attention is gone" }
}
