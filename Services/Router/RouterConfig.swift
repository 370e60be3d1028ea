internal import NIOCore
internal import Transport

/// What the router's flags say.
struct RouterConfig: Sendable {
    var model: String
    /// Nil: see `checkpointName`.
    var modelName: String?
    var attention: Address
    var control: Address
    var hosts: ExpertHosts.Config
    /// How long a new request waits for what the cluster lacks.
    var admitWait: Duration
    /// Nil: no limit.
    var capacityFactor: Double?
    var host: String
    var port: Int
    /// One for each key.
    var apiKeyWeights: [Double]
    /// 0: what the checkpoint claims.
    var contextLength: Int
    var sequencesMax: Int
    var queueMax: Int
    var prefillTokensMax: Int
    /// Nil: twice the undisturbed one.
    var interTokenTarget: Duration?
    var overlap: OverlapMode
    var ageing: Duration
    var callTimeout: TimeAmount
    var front: FrontConfig
}
