internal import AdminMessages
internal import NIOCore
internal import Tensors
internal import Transport

/// What the router's flags say, part by part.
struct RouterConfig: Sendable {
    /// Folder of the checkpoint.
    var model: String
    /// Nil: see `checkpointName`.
    var modelName: String?
    /// Most tokens of prompt and answer together; nil: what the checkpoint claims.
    var contextLength: Int?
    /// How attention is spread over its services.
    var attention: Attention
    /// Where expert hosts and attention services announce themselves.
    var control: Address
    /// How long a call to attention or an expert host may take.
    var callTimeout: TimeAmount
    /// How long a new request waits while the cluster cannot serve.
    var admitWait: Duration
    /// Most rows of an expert in a step, in multiples of its even share; nil: no limit.
    var capacityFactor: Double?
    var hosts: ExpertHosts.Config
    var schedule: ScheduleConfig
    var prefixes: PrefixConfig
    var front: FrontConfig
    /// A file with a chat template; nil: the checkpoint's own template is used.
    var chatTemplate: String?
    /// Where sessions are stored: a folder or a file; nil: in memory, until the router ends.
    var records: String?

    struct Attention: Sendable {
        /// Into how many parts it is cut.
        var parts: AttentionPartsGoal
        /// How many services the first arrangement waits for.
        var expected: Int
        /// How it stores keys and values.
        var keyValues = FloatFormat.float32
    }
}
