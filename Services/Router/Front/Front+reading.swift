internal import Hummingbird

/// Prompts that are only read, for the states that this leaves.
extension Front {
    /// Has the model read a prompt, for as long as the client is there.
    func read(_ request: GenerationRequest, _ context: FrontContext) async throws {
        let watch = context.connection.watch
        try await generator.admit { !watch.isHungUp }
        var request = request
        request.account = context.account
        let task = Task { [generator, request] in try await generator.generate(request) { _ in true } }
        let watching = watch.watch { task.cancel() }
        defer { watch.unwatch(watching) }
        do {
            _ = try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
            if watch.isHungUp { throw APIError.clientGone }
        } catch  where watch.isHungUp {
            throw APIError.clientGone
        }
    }
}
