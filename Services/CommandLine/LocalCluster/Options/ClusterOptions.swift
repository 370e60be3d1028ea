package import ArgumentParser

/// The flags of every command that can start a cluster on this machine.
package struct ClusterOptions: ParsableArguments {
    @Option(help: "How many expert hosts share the experts.")
    var expertHosts = 2

    @Option(
        name: [.customLong("attention-hosts"), .customLong("attention")],
        help: "How many attention services there are: more hold more sequences, or compute one faster together.")
    var attentionHosts = 1

    /// The flags of the processes, however many there are.
    @OptionGroup package var processes: ProcessOptions

    /// The parser makes it and fills it in.
    package init() {}

    /// Refuses numbers that no cluster has.
    package mutating func validate() throws {
        guard (1 ... 256).contains(expertHosts) else {
            throw ValidationError("'--expert-hosts' takes a number from 1 to 256, not \(expertHosts).")
        }
        try Self.checkAttentionHosts(attentionHosts)
    }

    /// - Throws: `ValidationError` where no cluster here has so many attention services.
    package static func checkAttentionHosts(_ count: Int) throws {
        guard (1 ... 256).contains(count) else {
            throw ValidationError("'--attention-hosts' takes a number from 1 to 256, not \(count).")
        }
    }

    /// The cluster that the person wants.
    ///
    /// - Parameter routerFlags: those that the command needs; what the person says comes after them, and so counts.
    package func plan(model: String, host: String, port: Int, routerFlags: [String] = []) -> ClusterPlan {
        var plan = processes.plan(
            model: model, expertHosts: expertHosts, host: host, port: port, routerFlags: routerFlags)
        plan.attentionHosts = attentionHosts
        return plan
    }

    /// Starts a cluster as `ProcessOptions` does it, with as many hosts and attention services as the person says.
    package func withTemporaryCluster<Result: Sendable>(
        _ model: String, routerFlags: [String] = [], statesFolder: String? = nil, title: String? = nil,
        work: @escaping @Sendable (ClusterHandle) async throws -> Result
    ) async throws -> Result {
        try await processes.withTemporaryCluster(
            model, expertHosts: expertHosts, attentionHosts: attentionHosts, routerFlags: routerFlags,
            statesFolder: statesFolder, title: title,
            work: work)
    }
}
