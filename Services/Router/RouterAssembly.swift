internal import Admin
internal import Checkpoint
internal import Console
internal import Foundation
internal import Hummingbird
internal import Logging
internal import Messages
internal import NIOCore
internal import NIOPosix
internal import Probing
internal import Records
internal import ServiceLifecycle
internal import Telemetry
internal import Tensors
internal import Tokenizer
internal import Transport
internal import TypedCalls

/// Puts the router together from its config: checkpoint, clients, generator, REST front.
struct RouterAssembly: Sendable {
    let config: RouterConfig
    let generator: ClusterGenerator
    let hosts: ExpertHosts
    let attentionHosts: AttentionHosts
    private let stateMover: StateMover
    let tokenizer: BytePairTokenizer
    private let tokenizerInfo: TokenizerInfo
    private let front: FrontConfig
    private let sessions: SessionBook
    private let responses: ResponseBook
    private let status: ClusterStatus
    private let proof: WeightProof
    private let logger: Logger
    /// One loop for all connections inside the cluster, so that a step's calls meet no other thread.
    private let group = MultiThreadedEventLoopGroup.singleton.next()
    /// Of those who connect to the router: the next one in turn, so that a step's calls do not wait for what strangers
    /// say. (One core has one loop.)
    private let controlGroup = MultiThreadedEventLoopGroup.singleton.next()

    init(_ config: RouterConfig, readiness: Readiness, logger: Logger) throws {
        self.config = config
        self.logger = logger
        let checkpoint = try WeightFiles(directory: config.model)
        Self.tellOfUnusedTensors(checkpoint, logger)
        let weights = try RouterWeights(checkpoint)
        tokenizer = try BytePairTokenizer(contentsOf: config.model)
        try tokenizer.checkIDs(vocabularySize: checkpoint.config.vocabularySize)
        let end = checkpoint.config.eosTokenIDs.first.flatMap { [tokenizer] in tokenizer.spelling(of: Int32($0)) }
        tokenizerInfo = try TokenizerInfo(contentsOf: config.model, endToken: end)
        let fingerprint = try checkpoint.fingerprint()
        proof = try WeightProof(checkpoint)
        proof.tell(logger)
        let tokenizerDigest = SHA256.hex(SHA256.digest(tokenizer.definition))
        let records = try Self.records(config, tokenizerDigest, logger)
        status = ClusterStatus(readiness: readiness, patience: config.hosts.patience)
        hosts = ExpertHosts(
            config: config.hosts, inventory: try ExpertInventory(checkpoint), fingerprint: fingerprint, proof: proof,
            expertsPerToken: checkpoint.config.expertsPerToken, status: status, group: group, logger: logger)
        let replicas = AttentionReplicas()
        let pass = ForwardPass(
            weights: weights, attention: replicas, experts: ExpertDispatch(hosts: hosts, timeout: config.callTimeout),
            compute: Compute(threads: Machine.coreCount), loop: EventLoopExecutor(group),
            capacityFactor: config.capacityFactor)
        var front = config.front
        front.template = try PromptTemplates.template(
            file: config.chatTemplate, tokenizerInfo, family: config.front.template)
        front.choicesAtOnce = min(config.schedule.limits.placesMax, front.choicesAtOnce)
        front.connectionsMax = min(front.connectionsMax, Self.connectionsWithinDescriptors)
        self.front = front
        let modelName = config.modelName ?? checkpointName(of: config.model)
        PrometheusRegistry.shared.describe(RouterMetricTexts.all)
        VLLMNames.register()
        let engine = StepEngine(
            StepEngine.Config(
                schedule: config.schedule, modelName: modelName,
                endTokens: Set(checkpoint.config.eosTokenIDs.map(Int32.init)),
                suppressed: try checkpoint.zeroEmbeddingRows(from: tokenizer.baseCount).map(Int32.init),
                keeping: config.prefixes.keeping, keyValues: config.attention.keyValues),
            pass: pass, replicas: replicas, status: status, logger: logger)
        stateMover = StateMover(engine.sequences)
        attentionHosts = try Self.attentionHosts(
            config, checkpoint, hosts, engine: engine, stateMover, proof: proof, status, group: group, logger)
        generator = ClusterGenerator(
            described: ServedModel(
                id: modelName, created: Int(Date().timeIntervalSince1970), ownedBy: "minimax-cluster",
                family: checkpoint.config.family.rawValue,
                contextLength: config.contextLength ?? checkpoint.config.maxPositions,
                vocabularySize: checkpoint.config.vocabularySize, hiddenSize: checkpoint.config.hiddenSize,
                fingerprint: "fp_\(fingerprint.prefix(12))",
                arithmetic: config.attention.keyValues.attention(in: config.hosts.arithmetic)),
            engine: engine, status: status, admitWait: config.admitWait)
        sessions = SessionBook(records, tokenizer: tokenizerDigest)
        responses = ResponseBook(records)
    }

    /// Tensors that no layer asks for may mean that the checkpoint is of another model than its config says.
    private static func tellOfUnusedTensors(_ checkpoint: WeightFiles, _ logger: Logger) {
        guard let first = checkpoint.unusedTensors.first else { return }
        logger.warning(
            "the checkpoint has tensors that the model does not use",
            metadata: ["count": "\(checkpoint.unusedTensors.count)", "first": "\(shown(first))"])
    }

    private static func attentionHosts(
        _ config: RouterConfig, _ checkpoint: WeightFiles, _ hosts: ExpertHosts, engine: StepEngine,
        _ mover: StateMover,
        proof: WeightProof, _ status: ClusterStatus, group: any EventLoopGroup, _ logger: Logger
    ) throws -> AttentionHosts {
        let members = AttentionHosts.Config(
            instance: hosts.instance, router: .random(in: 1 ... .max), fingerprint: try checkpoint.fingerprint(),
            arithmetic: config.hosts.arithmetic, limits: config.hosts.limits,
            partsMax: try checkpoint.attentionPartsMax(), parts: config.attention.parts,
            keyValues: config.attention.keyValues)
        let director = AttentionDirector(
            AttentionDirector.Config(
                model: checkpoint.config, members: members, timeout: config.callTimeout, owner: config.prefixes.owner,
                expected: config.attention.expected, cost: try AttentionCost(checkpoint)),
            proof: proof, engine: engine, mover: mover, status: status, logger: logger)
        let attention = AttentionHosts(members, user: director, group: group, logger: logger)
        do { try attention.check(config.attention.parts) } catch { throw StartError("--attention-parts: \(error)") }
        return attention
    }

    private static func records(
        _ config: RouterConfig, _ tokenizer: String, _ logger: Logger
    ) throws -> any Records & ObjectRecords {
        guard let path = config.records else {
            logger.info("sessions are kept in memory and end with the router (--records stores them)")
            return MemoryRecords(accountsMax: config.front.apiKeys.count)
        }
        do {
            let records = try SQLiteRecords(at: path, tokenizer: tokenizer, isAlone: true)
            logger.info("sessions are stored", metadata: ["records": "\(shown(path))"])
            return records
        } catch {
            throw StartError("--records \(path) cannot be used: \(error)")
        }
    }

    /// In the order in which they start; they stop the other way round, so that answers under way find everything they
    /// need.
    var services: [any Service] {
        [
            ControlService(
                address: config.control,
                receivers: AnnouncementReceivers(byRole: [.expertHost: hosts, .attention: attentionHosts]),
                group: controlGroup, logger: logger),
            EngineService(engine: generator.engine),
            FrontService(
                front: Front(
                    generator: generator, tokenizer: tokenizer, tokenizerInfo: tokenizerInfo, config: front,
                    sessions: sessions, responses: responses,
                    states: AttentionStates(
                        replicas: generator.engine.replicas, sequences: generator.engine.sequences,
                        mover: stateMover, model: generator.engine.pass.weights.config)),
                logger: logger, onStopping: { [engine = generator.engine] in engine.refuseWaiting() }),
        ]
    }

    /// Clients' connections must leave descriptors for those inside the cluster, which may come anew at any time.
    private static var connectionsWithinDescriptors: Int {
        let limit = Descriptors.limit
        return max(16, limit - Descriptors.openCount - AdminServer.connectionsMax - min(limit / 4, 128))
    }
}
