internal import Messages
internal import Transport

/// Looks after all members of one role.
protocol AnnouncementReceiver: Sendable {
    /// For as long as the router lives: keeps the connections to the members.
    func run() async throws

    /// A process of the role announces itself, which it does about once a second.
    func announce(_ request: AnnounceRequest) async throws(RPCError) -> AnnounceResponse
}

/// Who looks after the members of which role.
struct AnnouncementReceivers: Sendable {
    let byRole: [MemberRole: any AnnouncementReceiver]

    /// Hands an announcement to whoever looks after its role.
    func announce(_ request: AnnounceRequest) async throws(RPCError) -> AnnounceResponse {
        guard let role = MemberRole(announced: request.role), let receiver = byRole[role] else {
            let refusal = Refusal.role(of: String(request.name.prefix(255)), role: String(request.role.prefix(255)))
            throw RPCError(refusal.code, refusal.sentence(to: .expertHost))
        }
        return try await receiver.announce(request)
    }
}
