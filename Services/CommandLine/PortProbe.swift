internal import Cluster
internal import NIOCore
internal import NIOPosix
internal import Transport

/// Finds out about TCP ports by listening on them for a moment.
enum PortProbe {
    /// - Parameter port: 0 lets the system choose.
    /// - Returns: the port, free a moment ago.
    /// - Throws: `StartError` when something else listens there, or nobody may.
    static func port(host: String, port: Int, purpose: String) async throws -> Int {
        do {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)        // as the router does: a port in TIME_WAIT is free
                .bind(host: host, port: port).get()
            let found = channel.localAddress?.port ?? port
            try await channel.close()
            return found
        } catch {
            throw StartError(listeningOn: .tcp(host: host, port: port), purpose: purpose, error)
        }
    }
}
