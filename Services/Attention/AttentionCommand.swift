internal import Admin
internal import Announcing
internal import ArgumentParser
internal import Flags
internal import ServiceLife
internal import Transport

@main struct AttentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attention",
        abstract:
            """
            Computes the attention layers, the embedding and the head, and holds the keys, values and lightning states \
            of sequences, in memory and on disk.
            """
    )

    @Option(help: "Folder of the checkpoint: config.json and safetensors.")
    var model: String

    @Option(help: "Where the router reaches this service: unix:/PATH or HOST:PORT.")
    var listen: Address

    @Option(
        help:
            """
            The control address of the router, or of several routers, separated by commas: unix:/PATH or HOST:PORT. A \
            host name is looked up anew for every connection. Without it the service announces itself to nobody, and \
            answers whoever connects to it.
            """
    )
    var router: AddressList?

    @OptionGroup var announcing: AnnouncingOptions

    @OptionGroup var compute: ComputeOptions

    @OptionGroup var keyValues: KeyValueOptions

    @Option(help: "Most memory for states, in MiB; 0 takes half of what the process may use.")
    var memoryMaxMib = 0

    @Option(
        help:
            """
            Folder on a disk for states that leave memory, one file each. What is there when the service starts is \
            used again. Where no folder is named, one in /var/tmp is used and removed at the end.
            """
    )
    var statesFolder: String?

    @Option(
        help: """
            Whether the service takes FOLDER-2, FOLDER-3 and so on, the first that is free, where another one uses the \
            --states-folder: on or off. Services on one disk then need no folders named one by one.
            """)
    var numberStatesFolder = Switch.off

    @Option(help: "Most disk for states, in MiB; 0 takes half of what is free in the folder when the service starts.")
    var diskMaxMib = 0

    @Option(
        help: """
            How many seconds kept states stay while no router of the --name that kept them is heard of. A router that \
            is restarted within this time finds them again.
            """)
    var orphanSeconds = 86_400

    @OptionGroup var service: ServiceOptions

    static func main() async { await runCommand(Self.self) }

    func validate() throws {
        try requireNotNegative(memoryMaxMib, "--memory-max-mib")
        try requireNotNegative(diskMaxMib, "--disk-max-mib")
        try requirePositive(orphanSeconds, "--orphan-seconds")
    }

    func run() async throws {
        let readiness = Readiness()
        let config = AttentionConfig(
            model: model, listen: listen, announcing: announcing.config(routers: router?.addresses ?? [], service),
            compute: compute.compute(), keyValues: keyValues.kv, memoryMaxBytes: memoryMaxMib << 20,
            vigil: compute.spin.eventLoops,
            statesFolder: statesFolder, numbersStatesFolder: numberStatesFolder == .on, diskMaxBytes: diskMaxMib << 20,
            orphanTime: .seconds(orphanSeconds))
        try await runService(named: "attention", options: service, readiness: readiness) { logger in
            [AttentionService(config: config, readiness: readiness, logger: logger)]
        }
    }
}
