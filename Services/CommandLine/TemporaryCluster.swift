internal import ArgumentParser
internal import Foundation
internal import Synchronization

extension ClusterOptions {
    /// Starts a cluster for the checkpoint in `model` on a free port, for as long as `work` takes, which is given its URL.
    ///
    /// - Parameter routerFlags: what the work needs of the router.
    /// - Throws: `StartError` when the cluster cannot start or breaks; `ExitCode` when a signal cut `work` short; what `work` throws.
    func withTemporaryCluster<Result: Sendable>(
        _ model: String, routerFlags: [String] = [], work: @escaping @Sendable (String) async throws -> Result
    ) async throws -> Result {
        let port = try await PortProbe.port(host: "127.0.0.1", port: 0, purpose: "a free port")
        let plan = plan(model: model, host: "127.0.0.1", port: port, routerFlags: routerFlags)
        let result = ResultBox<Result>()
        _ = try await LocalCluster(
            plan: plan, title: "Starting a temporary cluster for \(model)", output: .standardError, verbose: verbose, logFolder: logFolder
        ).run { _ in result.set(try await work(plan.url)) }
        guard let found = result.value else { throw ExitCode(130) }          // as a shell reports a command that Ctrl-C ended
        return found
    }
}

private final class ResultBox<Value: Sendable>: Sendable {
    private let content = Mutex<Value?>(nil)
    var value: Value? { content.withLock { $0 } }
    func set(_ value: Value) { content.withLock { $0 = value } }
}
