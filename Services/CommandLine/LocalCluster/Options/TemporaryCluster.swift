internal import ArgumentParser
internal import Foundation
internal import Probing
internal import Synchronization

extension ProcessOptions {
    /// Starts a cluster for the checkpoint in `model` on a free port, for as long as `work` takes.
    ///
    /// - Parameters:
    ///   - hostCores: cores for each expert host; nil: as `--pin-cores` says.
    ///   - attentionCores: cores for each attention service, where there are `hostCores`; nil: all.
    ///   - routerFlags: what the work needs of the router.
    ///   - statesFolder: where attention keeps states; nil: they end with the cluster.
    ///   - drainSeconds: how long each process has for what is under way, once it is told to stop; nil: as by default.
    ///   - title: shown first.
    /// - Throws: `StartError` when the cluster cannot start or breaks; `ExitCode` when a signal cut `work` short; what
    ///   `work` throws.
    package func withTemporaryCluster<Result: Sendable>(
        _ model: String, expertHosts: Int, attentionHosts: Int = 1, hostCores: [[Int]]? = nil,
        attentionCores: [[Int]]? = nil, routerFlags: [String] = [], statesFolder: String? = nil,
        drainSeconds: Int? = nil, title: String? = nil,
        work: @escaping @Sendable (ClusterHandle) async throws -> Result
    ) async throws -> Result {
        let port = try await PortProbe.port(host: "127.0.0.1", port: 0, purpose: "a free port")
        var plan = plan(
            model: model, expertHosts: expertHosts, host: "127.0.0.1", port: port, routerFlags: routerFlags)
        (plan.attentionHosts, plan.statesFolder) = (attentionHosts, statesFolder)
        if let drainSeconds { plan.drainSeconds = drainSeconds }
        if let hostCores {
            (plan.hostCores, plan.attentionCores) = (hostCores, attentionCores)
        } else if pinCores {
            try plan.divide(CoreList.allowed)
        }
        let cluster = LocalCluster(
            plan: plan, title: title ?? "Starting a temporary cluster for \(model)", output: .standardError,
            verbose: verbose, logFolder: logFolder)
        let result = ResultBox<Result>()
        _ = try await cluster.run { result.set(try await work($0)) }
        // As a shell tells that Ctrl-C ended a command.
        guard let found = result.value else { throw ExitCode(130) }
        return found
    }
}

private final class ResultBox<Value: Sendable>: Sendable {
    private let content = Mutex<Value?>(nil)
    var value: Value? { content.withLock { $0 } }
    func set(_ value: Value) { content.withLock { $0 = value } }
}
