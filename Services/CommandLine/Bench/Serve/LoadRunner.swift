/// Sends a load's requests when their times come, whatever became of those before.
struct LoadRunner: Sendable {
    let client: LoadClient
    let progress: LoadProgress

    /// - Returns: what became of each, once all have ended.
    func run(_ items: [LoadItem]) async throws -> [RequestRecord] {
        try await withThrowingTaskGroup(of: RequestRecord.self) { tasks in
            for item in items {
                try await Task.sleep(until: client.begin + .seconds(item.at), tolerance: .zero)
                progress.sent()
                tasks.addTask {
                    let record = await client.send(item)
                    progress.ended(record.outcome.kind)
                    return record
                }
            }
            progress.sentAll()
            let records = try await tasks.reduce(into: []) { $0.append($1) }
            try Task.checkCancellation()        // what was cut short is no result
            return records
        }
    }
}
