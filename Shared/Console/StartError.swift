internal import NIOCore
internal import NIOPosix
package import Transport

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Why a process could not start or go on, in one sentence for the person who started it.
package struct StartError: Error, Equatable, CustomStringConvertible {
    /// The sentence, as the person sees it.
    package let description: String
    /// Takes a sentence that needs nothing added.
    package init(_ description: String) { self.description = description }

    /// Turns what the system said about `address` into a sentence that names it.
    ///
    /// - Parameter purpose: what the address is for, for example `admin address`.
    package init(listeningOn address: Address, purpose: String, _ error: any Error) {
        let reason =
            switch AddressFault(error) {
            case .inUse: "is already in use; is this program running already?"
            case .notAllowed: "may not be used by this user"
            case .notOfThisMachine: "does not belong to this machine"
            case .noFolder: "lies in a folder that does not exist"
            case .unknownHost, .other: "cannot be used: \(plainWords(of: error))"
            }
        self.init("\(purpose) \(address) \(reason)")
    }
}

/// Makes a Unix socket's path free to listen on: removes what a dead process left, refuses one that answers.
///
/// - Throws: `StartError` when another process listens there, or when the path is something else than a socket.
package func claimUnixSocket(path: String, purpose: String) async throws {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
        throw StartError("\(purpose) unix:\(path) is in the way: a file that is no socket")
    }
    let peer = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(
        unixDomainSocketPath: path
    ).get()
    if let peer {
        try? await peer.close()
        throw StartError("\(purpose) unix:\(path) is already in use")
    }
    unsafe unlink(path)
}
