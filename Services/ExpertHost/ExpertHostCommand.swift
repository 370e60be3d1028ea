internal import Admin
internal import ArgumentParser
internal import Flags
internal import Probing
internal import ServiceLife
internal import Transport

@main struct ExpertHostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "expert-host",
        abstract:
            """
            Computes the experts that the router assigns to it. Holds no state: start as many as you like, whenever \
            you like.
            """
    )

    @Option(help: "Folder of the checkpoint: config.json and safetensors.")
    var model: String

    @Option(help: "Where the router reaches this host: unix:/PATH or HOST:PORT.")
    var listen: Address

    @Option(
        help: "The address to announce, where it differs from --listen; a host of 0.0.0.0 announces the machine's name."
    )
    var announce: Address?

    @Option(
        help:
            """
            The control address of the router, or of several routers, separated by commas: unix:/PATH or HOST:PORT. A \
            host name is looked up anew for every connection.
            """
    )
    var router: AddressList

    @Option(help: "This host's name, unique in the cluster; the machine's name by default.")
    var name: String?

    @Option(help: "Most memory for weights, in MiB; 0 takes the container's limit or what the machine has free.")
    var memoryMaxMib = 0

    @Option(
        help: """
            MiB a second that this host reads from memory: the faster, the more experts it gets. 0: the host measures \
            it, and the router corrects that by the time its calls take.
            """)
    var readBandwidthMib = 0

    @OptionGroup var compute: ComputeOptions

    @OptionGroup var service: ServiceOptions

    static func main() async { await runCommand(Self.self) }

    func validate() throws {
        try requireNotNegative(memoryMaxMib, "--memory-max-mib")
        try requireNotNegative(readBandwidthMib, "--read-bandwidth-mib")
        guard max(memoryMaxMib, readBandwidthMib) < 1 << 40 else {
            throw ValidationError("--memory-max-mib and --read-bandwidth-mib are at most 2^40")
        }
    }

    func run() async throws {
        let readiness = Readiness()
        let config = ExpertHostConfig(
            model: model, listen: listen, announce: announce, routers: router.addresses, name: name ?? Machine.hostName,
            compute: compute.compute(),
            memoryMaxBytes: memoryMaxMib << 20, readBandwidth: readBandwidthMib << 20, vigil: compute.spin.eventLoops,
            drainTime: Duration.seconds(service.drainSeconds) * 3 / 4)
        try await runService(named: "expert-host", options: service, readiness: readiness) { logger in
            [ExpertHostService(config: config, readiness: readiness, logger: logger)]
        }
    }
}
