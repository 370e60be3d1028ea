internal import Admin
internal import ArgumentParser
internal import Flags
internal import ServiceLife
internal import Transport

@main struct AttentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attention",
        abstract:
            """
            Computes the attention layers, the embedding and the head, and holds each session's keys, values and \
            lightning states.
            """
    )

    @Option(help: "Folder of the checkpoint: config.json and safetensors.")
    var model: String

    @Option(help: "Where the router reaches this service: unix:/PATH or HOST:PORT.")
    var listen: Address

    @OptionGroup var compute: ComputeOptions

    @Option(help: "Most memory for the state of all sessions, in MiB; 0 takes half of what the process may use.")
    var memoryMaxMib = 0

    @Option(
        help:
            """
            Folder on a disk for the state of parked sessions. Its files have no names, and are gone when this process \
            ends. /var/tmp by default.
            """
    )
    var parkingFolder: String?

    @OptionGroup var service: ServiceOptions

    static func main() async { await runCommand(Self.self) }

    func validate() throws {
        try requireNotNegative(memoryMaxMib, "--memory-max-mib")
    }

    func run() async throws {
        let readiness = Readiness()
        let config = AttentionConfig(
            model: model, listen: listen, compute: compute.compute(), memoryMaxBytes: memoryMaxMib << 20,
            vigil: compute.spin.eventLoops, parkingFolder: parkingFolder)
        try await runService(named: "attention", options: service, readiness: readiness) { logger in
            [AttentionService(config: config, readiness: readiness, logger: logger)]
        }
    }
}
