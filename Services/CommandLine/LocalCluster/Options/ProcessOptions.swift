package import ArgumentParser
package import Flags
internal import Logging
internal import Tensors

/// The flags of a cluster's processes, however many there are.
package struct ProcessOptions: ParsableArguments {
    /// How many threads each process computes with; nil: as many as there are cores.
    @Option(help: "Compute threads of attention and of each expert host (default: as many as there are cores).")
    package var threads: Int?

    /// Whether each process gets cores of its own.
    @Flag(
        help: """
            Give each process of the cluster cores of its own: one to the router, the rest to attention and the expert \
            hosts by their work; in bench placement to the expert hosts alone, --threads each. Without it all share \
            all cores, which is faster as a rule, since attention and experts take turns.
            """)
    package var pinCores = false

    /// With which instructions, and how exactly, the processes compute.
    @OptionGroup package var kernels: KernelOptions

    /// How attention stores keys and values.
    @OptionGroup package var keyValues: KeyValueOptions

    @Option(help: ArgumentHelp("The least severe messages that the processes log (default: info).", valueName: "level"))
    var logLevel: Logger.Level?

    /// Where the processes' logs go; nil: into a private folder that is removed at the end.
    @Option(
        help: ArgumentHelp(
            "Keep the processes' logs in this folder (default: a private one that is removed at the end).",
            valueName: "folder"))
    package var logFolder: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            Further flags of the router, in one argument with spaces between, for example '--sequences-max 16' (see \
            router --help).
            """, valueName: "flags"))
    var routerFlags: String?

    /// Whether the processes' logs are shown as well.
    @Flag(
        name: .shortAndLong,
        help: """
            Show the processes' logs on standard error, each line after its process's name.
            """)
    package var verbose = false

    /// The parser makes it and fills it in.
    package init() {}

    /// Refuses numbers that no process takes, and flags that every command sets itself.
    package mutating func validate() throws {
        try refuseRouterFlags(Self.ownRouterFlags)
        if let threads, !(1 ... 4096).contains(threads) {
            throw ValidationError("'--threads' takes a number from 1 to 4096, not \(threads).")
        }
    }

    /// - Throws: `ValidationError` where the person gives the router one of `own`, which the command sets itself.
    package func refuseRouterFlags(_ own: [String]) throws {
        func isOwn(_ given: String) -> Bool { own.contains { given == $0 || given.hasPrefix($0 + "=") } }
        guard let flag = givenRouterFlags.first(where: isOwn) else { return }
        throw ValidationError("'--router-flags' has \(flag), which this command sets itself.")
    }

    private var givenRouterFlags: [String] { routerFlags?.split(separator: " ").map(String.init) ?? [] }

    /// What holds a cluster together is not for the person to say twice.
    private static let ownRouterFlags = [
        "--model", "--admin", "--arithmetic", "--attention-hosts", "--control", "--drain-seconds",
        "--expert-hosts", "--host", "--kv", "--port", "--exit-with-parent",
    ]

    /// - Parameter routerFlags: those that the command needs; what the person says comes after them, and so counts.
    func plan(model: String, expertHosts: Int, host: String, port: Int, routerFlags: [String] = []) -> ClusterPlan {
        let arithmetic = ["--arithmetic", kernels.arithmetic.rawValue] + keyValues.arguments
        var plan = ClusterPlan(
            model: model, expertHosts: expertHosts, host: host, port: port, threads: threads,
            computeFlags: kernels.arguments, routerFlags: arithmetic + routerFlags + givenRouterFlags,
            logLevel: logLevel?.rawValue)
        plan.attentionFlags = keyValues.arguments
        return plan
    }
}
