internal import NIOCore
internal import Synchronization

/// The front's open connections. Where there are as many as allowed, some make room for new ones.
final class ConnectionTable: Sendable {
    let connectionsMax: Int
    private let connections = Mutex<[ObjectIdentifier: FrontConnection]>([:])

    init(connectionsMax: Int) { self.connectionsMax = connectionsMax }

    var count: Int { connections.withLock { $0.count } }
    var isFull: Bool { count >= connectionsMax }

    /// Keeps `connection` until it is closed.
    func add(_ connection: FrontConnection) {
        let id = ObjectIdentifier(connection)
        connections.withLock { $0[id] = connection }
        connection.channel.closeFuture.whenComplete { _ in
            connection.watch.hangUp()
            self.connections.withLock { _ = $0.removeValue(forKey: id) }
        }
    }

    /// Closes those connections that `ConnectionShares` says give way.
    ///
    /// - Returns: whether there were any.
    func makeRoom(_ count: Int, at now: NIODeadline = .now()) -> Bool {
        let all = connections.withLock { Array($0.values) }
        let chosen = ConnectionShares.givingWay(count, of: all.map(\.use), at: now)
        for index in chosen { all[index].channel.close(promise: nil) }
        return !chosen.isEmpty
    }
}
