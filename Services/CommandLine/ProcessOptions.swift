internal import ArgumentParser
internal import Cluster
internal import Logging
internal import Tensors

/// The flags of a cluster's processes, however many there are.
struct ProcessOptions: ParsableArguments {
    @Option(help: "Compute threads for the whole cluster (default: as many as there are cores).")
    var threads: Int?

    @Flag(help: """
        Give each process of the cluster cores of its own: one to the router, the rest to attention and the expert hosts by \
        their work; in bench placement to the expert hosts alone, --threads each. Without it all share all cores, which is \
        faster as a rule, since attention and experts take turns.
        """)
    var pinCores = false

    @OptionGroup var kernels: KernelOptions

    @Option(help: ArgumentHelp("The least severe messages that the processes log (default: info).", valueName: "level"))
    var logLevel: Logger.Level?

    @Option(help: ArgumentHelp("Keep the processes' logs in this folder (default: a private one that is removed at the end).", valueName: "folder"))
    var logFolder: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Further flags of the router, in one argument with spaces between, for example '--sequences-max 16' (see router --help).", valueName: "flags"))
    var routerFlags: String?

    @Flag(name: .shortAndLong, help: "Show the processes' logs on standard error, each line after its process's name.")
    var verbose = false

    mutating func validate() throws {
        try refuseRouterFlags(Self.ownRouterFlags)
        if let threads, !(1...4096).contains(threads) { throw ValidationError("'--threads' takes a number from 1 to 4096, not \(threads).") }
    }

    /// - Throws: `ValidationError` where the person gives the router one of `own`, which the command sets itself.
    func refuseRouterFlags(_ own: [String]) throws {
        guard let flag = givenRouterFlags.first(where: { given in own.contains { given == $0 || given.hasPrefix($0 + "=") } }) else { return }
        throw ValidationError("'--router-flags' has \(flag), which this command sets itself.")
    }

    private var givenRouterFlags: [String] { routerFlags?.split(separator: " ").map(String.init) ?? [] }

    /// What holds a cluster together is not for the person to say twice.
    private static let ownRouterFlags = ["--model", "--admin", "--arithmetic", "--attention", "--control", "--drain-seconds", "--expert-hosts", "--host", "--port", "--exit-with-parent"]

    /// - Parameter routerFlags: those that the command needs; what the person says comes after them, and so counts.
    func plan(model: String, expertHosts: Int, host: String, port: Int, routerFlags: [String] = []) -> ClusterPlan {
        ClusterPlan(
            model: model, expertHosts: expertHosts, host: host, port: port, threads: threads, computeFlags: kernels.arguments,
            routerFlags: ["--arithmetic", kernels.arithmetic.rawValue] + routerFlags + givenRouterFlags, logLevel: logLevel?.rawValue)
    }
}
