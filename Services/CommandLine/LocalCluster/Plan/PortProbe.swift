internal import Console
internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import Transport

/// Finds out about TCP ports by listening on them for a moment.
package enum PortProbe {
    /// Listens on a port and closes it again.
    ///
    /// - Parameters:
    ///   - port: 0 lets the system choose.
    ///   - purpose: what errors call the port.
    ///   - hostPurpose: what errors call an address that is none of this machine's; nil: the same.
    /// - Returns: the port, free a moment ago.
    /// - Throws: `StartError` when something else listens there, or nobody may.
    package static func port(
        host: String, port: Int, purpose: String, hostPurpose: String? = nil
    ) async throws -> Int {
        do {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                // As the router does it: a port in TIME_WAIT is free.
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: host, port: port).get()
            let found = channel.localAddress?.port ?? port
            try await channel.close()
            return found
        } catch {
            let isAboutPort = [EADDRINUSE, EACCES].contains((error as? IOError)?.errnoCode)
            let purpose = isAboutPort ? purpose : hostPurpose ?? purpose
            throw StartError(listeningOn: .tcp(host: host, port: port), purpose: purpose, error)
        }
    }
}
