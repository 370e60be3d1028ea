internal import Transport

/// The connection to one expert host, from its admission until it is lost, and how it answers there.
struct ExpertHostClient: Sendable {
    let id: Member.ID
    /// Tells one run of a host from the next.
    let instance: String
    /// Tells which files it reads, on which machine.
    let weightsCopy: String
    /// Bytes a second that it announced when it came. The expected time of its calls is computed from this; plans use
    /// `HostSpeeds` instead.
    let bandwidth: Double
    let rpc: RPCClient
    let health: HostHealth
    /// There is something to tell the host.
    let errands = Signal<Void>()
    /// The router wants nothing more of this host: its connection may go.
    let dismissal = Signal<Void>()

    /// The client of a host that has just been admitted.
    init(_ member: Member, rpc: RPCClient) {
        (id, instance, weightsCopy) = (member.id, member.instance, member.weightsCopy)
        bandwidth = member.bandwidth
        self.rpc = rpc
        health = HostHealth(of: member.name)
    }

    var name: String { id.name }
}
