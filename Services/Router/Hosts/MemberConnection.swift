internal import Transport

/// The connection to one member, from its admission until it is lost.
struct MemberConnection: Sendable {
    let id: Member.ID
    let rpc: RPCClient
    /// There is something to tell the member.
    let errands = Signal<Void>()
    /// The router wants nothing more of the member: its connection may go.
    let dismissal = Signal<Void>()

    init(_ id: Member.ID, rpc: RPCClient) { (self.id, self.rpc) = (id, rpc) }

    /// Keeps the connection until it breaks or the member is dismissed; then the member is gone until it announces
    /// itself again.
    ///
    /// - Parameters:
    ///   - onConnected: called when the connection stands.
    ///   - onErrand: called whenever there is something to tell the member.
    /// - Returns: why the connection ended.
    func run(
        onConnected: @escaping @Sendable () async -> Void, onErrand: @escaping @Sendable () async -> Void
    ) async -> String {
        let states = rpc.stateChanges()
        return await withTaskGroup(of: String.self) { tasks in
            tasks.addTask {
                try? await rpc.run()
                return "its connection is closed"
            }
            tasks.addTask {
                await dismissal.wait()
                return "it is not wanted any more"
            }
            tasks.addTask {
                for await state in states {
                    switch state {
                    case .connecting: break
                    case .connected: await onConnected()
                    case .disconnected(let reason): return reason.message
                    case .stopped: break
                    }
                }
                return "its connection is closed"
            }
            tasks.addTask {
                for await _ in errands.values { await onErrand() }
                return "the router is stopping"
            }
            defer { tasks.cancelAll() }
            return await tasks.next() ?? ""
        }
    }
}
