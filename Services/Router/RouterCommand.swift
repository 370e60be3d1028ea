internal import Admin
internal import AdminMessages
internal import ArgumentParser
internal import Chat
internal import Flags
internal import NIOCore
internal import ServiceLife
internal import Tensors
internal import Transport

@main struct RouterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "router",
        abstract:
            "Answers REST clients; carries each token through attention and experts, which live in other processes.")

    @Option(help: "Folder of the checkpoint: config.json, tokenizer.json and safetensors.")
    var model: String

    @Option(help: "What clients call the model; by default the folder's name, and ORG/NAME in a cache of Hugging Face.")
    var modelName: String?

    @Option(help: "Most tokens of prompt and answer together; 0 takes what the checkpoint claims.")
    var contextLength = 0

    @Option(help: "Where expert hosts and attention services announce themselves: unix:/PATH or HOST:PORT.")
    var control: Address

    @Option(help: "exact or fast: the arithmetic of the whole cluster; services that use the other are refused.")
    var arithmetic = Arithmetic.exact

    @Option(help: "Seconds that a call to attention or an expert host may take.")
    var callTimeoutSeconds = 120

    @Option(help: "Seconds that a new request waits while the cluster cannot serve, before it gets 503.")
    var admitWaitSeconds = 2

    @Option(
        help: ArgumentHelp(
            """
            Where clients' sessions, responses and conversations are stored: a folder, or a file that ends in .sqlite, \
            which no other router uses. Without it they are kept in memory and gone when the router ends.
            """, valueName: "path"))
    var records: String?

    @OptionGroup(title: "Attention") var attention: AttentionOptions
    @OptionGroup(title: "Expert hosts") var experts: ExpertOptions
    @OptionGroup(title: "Scheduling") var schedule: ScheduleOptions
    @OptionGroup(title: "Reuse of prefixes") var prefixes: PrefixOptions
    @OptionGroup(title: "REST API") var front: FrontOptions
    @OptionGroup(title: "Process") var spin: SpinOptions
    @OptionGroup(title: "Process") var service: ServiceOptions

    static func main() async { await runCommand(Self.self) }

    func validate() throws {
        try requireNotNegative(contextLength, "--context-length")
        try requirePositive(callTimeoutSeconds, "--call-timeout-seconds")
        try requireNotNegative(admitWaitSeconds, "--admit-wait-seconds")
    }

    func run() async throws {
        let readiness = Readiness(), admin = AdminRoutes(), config = try config()
        try await runService(named: "router", options: service, readiness: readiness, admin: admin) { logger in
            config.front.warnOfOpenFront(logger)
            let assembly = try RouterAssembly(config, readiness: readiness, logger: logger)
            PlanAdmin(hosts: assembly.hosts, attention: assembly.attentionHosts).add(to: admin)
            return assembly.services
        }
    }

    private func config() throws -> RouterConfig {
        let keys = try front.keys.keys()
        var frontConfig = try front.config(keys)
        frontConfig.template = ChatTemplate(toolPlace: prefixes.toolPlace)
        frontConfig.sharesPrefixes = prefixes.sharePrefixes
        return RouterConfig(
            model: model, modelName: modelName, contextLength: contextLength == 0 ? nil : contextLength,
            attention: attention.config, control: control, callTimeout: .seconds(Int64(callTimeoutSeconds)),
            admitWait: .seconds(admitWaitSeconds), capacityFactor: experts.capacity,
            hosts: experts.config(arithmetic, spin),
            schedule: schedule.config(weights: try front.keys.weights(of: keys)),
            prefixes: prefixes.config, front: frontConfig, chatTemplate: front.chatTemplate, records: records)
    }
}
