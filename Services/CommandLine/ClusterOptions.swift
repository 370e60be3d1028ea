internal import ArgumentParser

/// The flags of every command that can start a cluster on this machine.
struct ClusterOptions: ParsableArguments {
    @Option(help: "How many expert hosts share the experts.")
    var expertHosts = 2

    @OptionGroup var processes: ProcessOptions

    mutating func validate() throws {
        guard (1...256).contains(expertHosts) else { throw ValidationError("'--expert-hosts' takes a number from 1 to 256, not \(expertHosts).") }
    }

    /// - Parameter routerFlags: those that the command needs; what the person says comes after them, and so counts.
    func plan(model: String, host: String, port: Int, routerFlags: [String] = []) -> ClusterPlan {
        processes.plan(model: model, expertHosts: expertHosts, host: host, port: port, routerFlags: routerFlags)
    }

    /// As `ProcessOptions` does it, with as many hosts as the person says.
    func withTemporaryCluster<Result: Sendable>(
        _ model: String, routerFlags: [String] = [], work: @escaping @Sendable (ClusterHandle) async throws -> Result
    ) async throws -> Result {
        try await processes.withTemporaryCluster(model, expertHosts: expertHosts, routerFlags: routerFlags, work: work)
    }
}
