internal import ArgumentParser
internal import Cluster
internal import Transport

@main struct ExpertHostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "expert-host",
        abstract: "Computes the experts that the router assigns to it. Holds no state: start as many as you like, whenever you like.")

    @Option(help: "Folder of the checkpoint: config.json and safetensors.")
    var model: String

    @Option(help: "Where the router reaches this host: unix:/PATH or HOST:PORT.")
    var listen: Address

    @Option(help: "The address to announce, where it differs from --listen; a host of 0.0.0.0 announces the machine's name.")
    var announce: Address?

    @Option(help: "The router's control address: unix:/PATH or HOST:PORT.")
    var router: Address

    @Option(help: "This host's name, unique in the cluster; the machine's name by default.")
    var name: String?

    @OptionGroup var compute: ComputeOptions

    @OptionGroup var service: ServiceOptions

    static func main() async { await runCommand(Self.self) }

    func run() async throws {
        let readiness = Readiness()
        let config = ExpertHostConfig(
            model: model, listen: listen, announce: announce, router: router, name: name ?? Machine.hostName, compute: compute.compute())
        try await runService(named: "expert-host", options: service, readiness: readiness) { logger in
            [ExpertHostService(config: config, readiness: readiness, logger: logger)]
        }
    }
}
