internal import AdminMessages
internal import Checkpoint
internal import Transport

/// What one attention service is used for at a moment.
struct AttentionUse: Sendable, Equatable {
    /// Which part of attention it computes; nil while it has none.
    let part: AttentionPart?
    /// Which replica the part belongs to, from 0; nil while it belongs to none.
    let replica: Int?
    /// How many sequences live on it.
    let sequences: Int
    /// Memory of its kept states that no sequence uses, in bytes.
    let keptBytes: Int
    /// Whether nobody needs it: it may stop.
    let isIdle: Bool
}

/// Whoever computes with the attention services: `AttentionHosts` tells it who is there.
///
/// Of each member `connected` is told first and `lost` last, both once.
protocol AttentionMemberUser: Sendable {
    /// For as long as the router lives.
    ///
    /// - Parameter hosts: is told of members that cannot be used.
    func run(_ hosts: AttentionHosts) async throws

    /// The connection to a member stands. It is closed once the member is lost, and this call is cancelled then.
    func connected(_ member: Member, _ rpc: RPCClient) async

    /// A member is gone.
    func lost(_ member: Member.ID, why: String) async

    /// A member is about to stop. It goes once `use` says that it is idle, or when its time is over.
    func draining(_ member: Member.ID) async

    /// The operator wants attention to be cut into so many parts.
    func wanted(parts: AttentionPartsGoal) async

    /// What a member is used for; nil where it is for nothing.
    func use(of member: Member.ID) async -> AttentionUse?
}
