internal import AdminMessages
internal import ArgumentParser
internal import Cluster
internal import Logging
internal import NIOCore
internal import Tensors
internal import Transport

@main struct RouterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "router",
        abstract: "Answers REST clients; carries each token through attention and experts, which live in other processes.")

    @Option(help: "Folder of the checkpoint: config.json, tokenizer.json and safetensors.")
    var model: String

    @Option(help: "What clients call the model; by default the folder's name, and ORG/NAME in a cache of Hugging Face.")
    var modelName: String?

    @Option(help: "The attention service's address: unix:/PATH or HOST:PORT.")
    var attention: Address

    @Option(help: "Where expert hosts announce themselves: unix:/PATH or HOST:PORT.")
    var control: Address

    @Option(help: "How many expert hosts to wait for before the first answer; later any number will do.")
    var expertHosts = 1

    @Option(help: "How experts are placed: latency (every expert in slices over all hosts), throughput (whole experts), or auto, whichever is predicted to be faster.")
    var placement = PlacementSettings.Mode.auto

    @Option(help: "How many hosts hold each expert.")
    var copies = 1

    @Option(help: "Whether memory that is left holds further copies of experts that are used much: on or off.")
    var hotCopies = Switch.on

    @Option(help: "exact or fast: what attention and expert hosts compute with; others are refused.")
    var arithmetic = Arithmetic.exact

    @Option(help: "Seconds without a word after which an expert host is taken for dead.")
    var hostSilenceSeconds = 5

    @Option(help: "Seconds that requests wait for an expert which no host holds, before they fail.")
    var hostWaitSeconds = 30

    @Option(help: "Seconds that a new request waits while the cluster cannot serve, before it gets 503.")
    var admitWaitSeconds = 2

    @Option(help: "For research: most rows an expert takes in a step, in multiples of its even share; what is beyond is left out and counted. 0: all.")
    var capacityFactor = 0.0

    @Option(help: "Address of the REST API.")
    var host = "127.0.0.1"

    @Option(help: "Port of the REST API; 0 lets the system choose.")
    var port = 8080

    @Option(help: "API keys that clients may use, separated by commas; none lets everyone in. Other users of the machine see flags: better from the environment or a file.")
    var apiKeys: String?

    @Option(help: ArgumentHelp(
        "File of the API keys that clients may use: one a line, after its name and a blank if it has one; lines that begin with # do not count.", valueName: "file"))
    var apiKeysFile: String?

    @Option(help: "What each API key counts for where requests wait, separated by commas, in the order of the keys (in a file, of its lines); 1 each by default.")
    var apiKeyWeights: String?

    @Option(help: "Most tokens of prompt and answer together; 0 takes what the checkpoint claims.")
    var contextLength = 0

    @Option(help: "Sequences answered at a time.")
    var sequencesMax = 64

    @Option(help: "Sequences that may wait for a place; beyond them clients get 429.")
    var queueMax = 256

    @Option(help: "Most prompt tokens carried through the model in one pass.")
    var prefillTokensMax = 1024

    @Option(help: "Milliseconds between two tokens of a stream that prompts of others may lead to; 0: twice what it takes without them.")
    var interTokenTargetMs = 0

    @Option(help: "Whether a step's rows go through attention and experts in two groups, one here while the other is there: auto, on or off; auto measures.")
    var overlap = OverlapMode.auto

    @Option(help: "Seconds of waiting after which a request counts as one class more urgent.")
    var ageingSeconds = 30

    @Option(help: "Seconds that a call to attention or an expert host may take.")
    var callTimeoutSeconds = 120

    @Option(help: "Largest request body, in MiB.")
    var bodyMaxMib = 32

    @Option(help: "Most MiB of request bodies that are read at a time, over all clients; each client (by key, or by address without keys) may have a quarter.")
    var bodiesMaxMib = 256

    @Option(help: "Origins whose pages may call the API from a browser, separated by commas, such as http://localhost:3000; * for all. None by default.")
    var corsOrigins: String?

    @Option(help: "Most connections of clients; beyond them idle ones are closed, then slow ones, of the address that has most first, or new ones wait. File descriptors may allow fewer.")
    var connectionsMax = 8192

    @Option(help: "Seconds in which a client must send the head of a request. A body must bring --body-rate-min in each such time.")
    var headSeconds = 30

    @Option(help: "Bytes per second that a request body must bring at least.")
    var bodyRateMin = 4096

    @Option(help: "Seconds after which a connection is closed on which nobody asks anything.")
    var idleSeconds = 300

    @Option(help: "Seconds after which a client is given up that takes nothing of its answer.")
    var stallSeconds = 30

    @Option(help: "Seconds of silence in a stream after which a keep-alive comment is sent.")
    var keepAliveSeconds = 10

    @Flag(help: "Take control tokens that are spelled in chat messages and tools as such, as other servers do; else they are text, and only the chat template makes control tokens.")
    var trustSpecialTokens = false

    @OptionGroup var spin: SpinOptions

    @OptionGroup var service: ServiceOptions

    static func main() async { await runCommand(Self.self) }

    func validate() throws {
        try requireNotNegative(contextLength, "--context-length")
        try requireNotNegative(queueMax, "--queue-max")
        try requireNotNegative(admitWaitSeconds, "--admit-wait-seconds")
        try requireNotNegative(interTokenTargetMs, "--inter-token-target-ms")
        guard apiKeys == nil || apiKeysFile == nil else { throw ValidationError("--api-keys and --api-keys-file are both given; one of them is meant") }
        guard apiKeyWeights == nil || apiKeys != nil || apiKeysFile != nil else {
            throw ValidationError("--api-key-weights is given without --api-keys or --api-keys-file, whose weights it tells")
        }
        if apiKeysFile == nil { _ = try weights(for: readKeys()) }
        for (value, flag) in [
            (expertHosts, "--expert-hosts"), (sequencesMax, "--sequences-max"), (prefillTokensMax, "--prefill-tokens-max"),
            (callTimeoutSeconds, "--call-timeout-seconds"), (bodyMaxMib, "--body-max-mib"), (keepAliveSeconds, "--keep-alive-seconds"),
            (bodiesMaxMib, "--bodies-max-mib"), (connectionsMax, "--connections-max"), (headSeconds, "--head-seconds"), (bodyRateMin, "--body-rate-min"),
            (idleSeconds, "--idle-seconds"), (stallSeconds, "--stall-seconds"),
            (ageingSeconds, "--ageing-seconds"), (hostSilenceSeconds, "--host-silence-seconds"), (hostWaitSeconds, "--host-wait-seconds"),
        ] { try requirePositive(value, flag) }
        guard PlacementSettings.copiesRange.contains(copies) else {
            throw ValidationError("--copies is \(copies), expected 1 to \(PlacementSettings.copiesRange.upperBound)")
        }
        guard capacityFactor >= 0, capacityFactor.isFinite else { throw ValidationError("--capacity-factor is \(capacityFactor), expected a number of 0 or more") }
        guard prefillTokensMax <= RPCLimits.rowsPerCallMax else {
            throw ValidationError("--prefill-tokens-max is \(prefillTokensMax), expected at most \(RPCLimits.rowsPerCallMax)")
        }
        _ = try crossOrigin()
        guard (0 ... 65_535).contains(port) else { throw ValidationError("--port is \(port), expected 0 to 65535") }
    }

    private func readKeys() throws -> [APIKeys.Key] {
        if let apiKeysFile {
            let place = "--api-keys-file \(apiKeysFile)"
            return try APIKeys(lines: TextFile.text(apiKeysFile, "--api-keys-file", maxBytes: 1 << 20), place: place).keys
        }
        do { return try apiKeys.map { try APIKeys(list: $0).keys } ?? [] } catch { throw ValidationError("\(error)") }
    }

    /// One for each key, all above zero.
    private func weights(for keys: [APIKeys.Key]) throws -> [Double] {
        guard let apiKeyWeights else { return keys.map { _ in 1 } }
        let texts = listItems(apiKeyWeights)
        guard texts.count == keys.count else {
            throw ValidationError("--api-key-weights has \(texts.count) numbers, expected \(keys.count): one for each API key")
        }
        return try texts.map { text in
            guard let weight = Double(text), weight > 0, weight.isFinite else { throw ValidationError("--api-key-weights has '\(text)', expected a number above 0") }
            return weight
        }
    }

    private func crossOrigin() throws -> CrossOrigin {
        guard let corsOrigins else { return CrossOrigin() }
        guard let origins = CrossOrigin(list: corsOrigins) else {
            throw ValidationError("--cors-origins is '\(corsOrigins.prefix(200))', expected * or origins such as http://localhost:3000, separated by commas")
        }
        return origins
    }

    private func front(_ keys: [APIKeys.Key]) throws -> FrontConfig {
        FrontConfig(
            apiKeys: keys.map(\.secret), apiKeyNames: keys.map(\.name), crossOrigin: try crossOrigin(), bodyBytesMax: bodyMaxMib << 20, bodiesBytesMax: bodiesMaxMib << 20,
            connection: ConnectionLife.Limits(
                head: .seconds(Int64(headSeconds)), bodyRate: bodyRateMin, idle: .seconds(Int64(idleSeconds)), stall: .seconds(Int64(stallSeconds))),
            connectionsMax: connectionsMax, keepAlive: .seconds(keepAliveSeconds), trustsSpecialTokens: trustSpecialTokens)
    }

    private func warnOfOpenFront(_ keys: [APIKeys.Key], _ logger: Logger) {
        guard keys.isEmpty, !isLoopback(host) else { return }
        logger.warning("no API keys are set: whoever reaches the REST address may use it", metadata: ["address": "\(host):\(port)"])
    }

    func run() async throws {
        let readiness = Readiness(), keys = try readKeys()
        let config = RouterConfig(
            model: model, modelName: modelName, attention: attention, control: control,
            hosts: ExpertHosts.Config(
                expected: expertHosts, arithmetic: arithmetic.rawValue, settings: PlacementSettings(mode: placement, copies: copies, hotCopies: hotCopies == .on),
                silence: .seconds(Int64(hostSilenceSeconds)), patience: .seconds(hostWaitSeconds), vigil: spin.eventLoops),
            admitWait: .seconds(admitWaitSeconds),
            capacityFactor: capacityFactor > 0 ? capacityFactor : nil, host: host, port: port,
            apiKeyWeights: try weights(for: keys), contextLength: contextLength,
            sequencesMax: sequencesMax, queueMax: queueMax, prefillTokensMax: prefillTokensMax,
            interTokenTarget: interTokenTargetMs == 0 ? nil : .milliseconds(interTokenTargetMs), overlap: overlap, ageing: .seconds(ageingSeconds),
            callTimeout: .seconds(Int64(callTimeoutSeconds)), front: try front(keys))
        let admin = AdminRoutes()
        try await runService(named: "router", options: service, readiness: readiness, admin: admin) { logger in
            warnOfOpenFront(keys, logger)
            let assembly = try RouterAssembly(config, readiness: readiness, logger: logger)
            PlanAdmin(hosts: assembly.hosts).add(to: admin)
            return assembly.services
        }
    }
}
