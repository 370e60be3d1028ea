internal import ServiceLifecycle

/// The engine as a service of the router; it stops after the front, so that answers under way are finished.
struct EngineService: Service {
    let engine: StepEngine

    func run() async throws {
        await cancelWhenGracefulShutdown { await engine.run() }
    }
}
