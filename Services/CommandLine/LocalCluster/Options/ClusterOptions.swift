package import ArgumentParser

/// The flags of every command that can start a cluster on this machine.
package struct ClusterOptions: ParsableArguments {
    @Option(help: "How many expert hosts share the experts.")
    var expertHosts = 2

    /// The flags of the processes, however many there are.
    @OptionGroup package var processes: ProcessOptions

    /// The parser makes it and fills it in.
    package init() {}

    /// Refuses numbers that no cluster has.
    package mutating func validate() throws {
        guard (1 ... 256).contains(expertHosts) else {
            throw ValidationError("'--expert-hosts' takes a number from 1 to 256, not \(expertHosts).")
        }
    }

    /// The cluster that the person wants.
    ///
    /// - Parameter routerFlags: those that the command needs; what the person says comes after them, and so counts.
    package func plan(model: String, host: String, port: Int, routerFlags: [String] = []) -> ClusterPlan {
        processes.plan(model: model, expertHosts: expertHosts, host: host, port: port, routerFlags: routerFlags)
    }

    /// Starts a cluster as `ProcessOptions` does it, with as many hosts as the person says.
    package func withTemporaryCluster<Result: Sendable>(
        _ model: String, routerFlags: [String] = [], attentionFlags: [String] = [], title: String? = nil,
        work: @escaping @Sendable (ClusterHandle) async throws -> Result
    ) async throws -> Result {
        try await processes.withTemporaryCluster(
            model, expertHosts: expertHosts, routerFlags: routerFlags, attentionFlags: attentionFlags, title: title,
            work: work)
    }
}
