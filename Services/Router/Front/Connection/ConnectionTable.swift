internal import NIOCore
internal import Synchronization

/// The front's open connections. Where there are as many as allowed, one that nobody uses makes room for a new one.
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

    /// Closes the connections on which nobody has asked anything for the longest time; where there are none, those that have been
    /// sending a body for the longest time, so that slow bodies keep nobody out.
    ///
    /// - Returns: whether there were any.
    func closeQuietest(_ count: Int, at now: NIODeadline = .now()) -> Bool {
        let all = connections.withLock { Array($0.values) }
        var spared = all.compactMap { connection in connection.quietSince.map { (connection, $0) } }
        if spared.isEmpty {
            let patience = Int64(clamping: (now - Self.bodyPatience).uptimeNanoseconds)
            spared = all.compactMap { connection in connection.uploadingSince.map { (connection, $0) } }.filter { $0.1 < patience }
        }
        for (connection, _) in spared.sorted(by: { $0.1 < $1.1 }).prefix(count) { connection.channel.close(promise: nil) }
        return !spared.isEmpty
    }

    /// In which a body is left in peace.
    private static let bodyPatience = TimeAmount.seconds(2)
}
