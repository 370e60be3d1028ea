internal import Transport

/// The connection to one expert host, from its admission until it is lost, and how it answers there.
struct ExpertHostClient: Sendable {
    /// Tells one run of a host from the next.
    let instance: String
    /// Tells which files it reads, on which machine.
    let weightsCopy: String
    /// Bytes a second that it announced when it came. The expected time of its calls is computed from this; plans use
    /// `HostSpeeds` instead.
    let bandwidth: Double
    let connection: MemberConnection
    let health: HostHealth

    /// The client of a host that has just been admitted.
    init(_ member: Member, rpc: RPCClient) {
        (instance, weightsCopy) = (member.instance, member.weightsCopy)
        bandwidth = member.bandwidth
        connection = MemberConnection(member.id, rpc: rpc)
        health = HostHealth(of: member.name)
    }

    var id: Member.ID { connection.id }

    var rpc: RPCClient { connection.rpc }

    var name: String { id.name }
}
