internal import Admin
internal import Announcing
internal import ArgumentParser
internal import Flags
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
        help:
            """
            The control address of the router, or of several routers, separated by commas: unix:/PATH or HOST:PORT. A \
            host name is looked up anew for every connection.
            """
    )
    var router: AddressList

    @Option(help: "Most memory for weights, in MiB; 0 takes the container's limit or what the machine has free.")
    var memoryMaxMib = 0

    @OptionGroup var announcing: AnnouncingOptions

    @OptionGroup var compute: ComputeOptions

    @OptionGroup var service: ServiceOptions

    static func main() async { await runCommand(Self.self) }

    func validate() throws {
        try requireNotNegative(memoryMaxMib, "--memory-max-mib")
        guard memoryMaxMib < 1 << 40 else { throw ValidationError("--memory-max-mib is at most 2^40") }
    }

    func run() async throws {
        let readiness = Readiness()
        let config = ExpertHostConfig(
            model: model, listen: listen, announcing: announcing.config(routers: router.addresses, service),
            compute: compute.compute(), memoryMaxBytes: memoryMaxMib << 20, vigil: compute.spin.eventLoops)
        try await runService(named: "expert-host", options: service, readiness: readiness) { logger in
            [ExpertHostService(config: config, readiness: readiness, logger: logger)]
        }
    }
}
