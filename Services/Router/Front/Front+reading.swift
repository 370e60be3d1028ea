internal import Hummingbird

/// Prompts that are only read, for the states that this leaves.
extension Front {
    /// Has the model read a prompt, for as long as the client is there.
    func read(_ request: GenerationRequest, _ context: FrontContext) async throws {
        let watch = context.connection.watch
        try await generator.admit { !watch.isHungUp }
        var request = request
        request.account = context.account
        _ = try await whileWanted(watch) { [generator, request] in
            try await generator.generate(request) { _ in true }
        }
    }

    /// Does what takes long for as long as the client is there.
    func whileWanted<R: Sendable>(
        _ watch: HangUpWatch, _ work: @escaping @Sendable () async throws -> R
    ) async throws -> R {
        let task = Task { try await work() }
        let watching = watch.watch { task.cancel() }
        defer { watch.unwatch(watching) }
        do {
            let result = try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
            if watch.isHungUp { throw APIError.clientGone }
            return result
        } catch  where watch.isHungUp {
            throw APIError.clientGone
        }
    }
}
