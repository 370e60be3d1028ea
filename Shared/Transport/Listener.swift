import Foundation
import NIOCore
import NIOPosix

/// Opens a server's socket. NIO removes a Unix socket's file when the channel is closed.
struct Listener: Sendable {
    let channel: any Channel
    /// Where it really listens: the system's choice of port in place of 0.
    let address: Address

    init(_ address: Address, bootstrap: ServerBootstrap) async throws {
        do {
            switch address {
            case .unix(let path):
                channel = try await Self.bind(path, bootstrap)
                self.address = address
            case .tcp(let host, let port):
                channel = try await bootstrap.bind(host: host, port: port).get()
                self.address = .tcp(host: host, port: channel.localAddress?.port ?? port)
            }
        } catch let error as ListenError {
            throw error
        } catch {
            throw ListenError(address: address, reason: Self.reason(of: error))
        }
    }

    /// In plain words, without the names of libraries.
    private static func reason(of error: any Error) -> String {
        switch AddressFault(error) {
        case .inUse: "the address is in use by another process"
        case .notAllowed: "this user may not listen there"
        case .notOfThisMachine: "the address does not belong to this machine"
        case .noFolder: "its folder does not exist"
        case .unknownHost(let host): "the host \(host) is not known"
        case .other(let words): words
        }
    }

    /// A Unix socket's file outlives a process that was killed. It is removed if nobody answers behind it.
    private static func bind(_ path: String, _ bootstrap: ServerBootstrap) async throws -> any Channel {
        do {
            return try await bootstrap.bind(unixDomainSocketPath: path).get()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            let kind = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
            guard kind == .typeSocket else {
                throw ListenError(address: .unix(path: path), reason: "a file that is no socket stands there")
            }
            guard await !isAnswered(path) else { throw error }
            try FileManager.default.removeItem(atPath: path)
            return try await bootstrap.bind(unixDomainSocketPath: path).get()
        }
    }

    private static func isAnswered(_ path: String) async -> Bool {
        let probe = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(
            unixDomainSocketPath: path
        ).get()
        guard let probe else { return false }
        try? await probe.close()
        return true
    }
}

/// A server could not open its socket.
package struct ListenError: Error, Equatable, CustomStringConvertible {
    /// Where the server was to listen.
    package let address: Address
    /// Why it cannot listen there, in plain words for people.
    package let reason: String

    /// The address and the reason, as one clause for people.
    package var description: String { "cannot listen on \(address): \(reason)" }
}

/// What the system finds wrong with an address that a server is to listen on.
package enum AddressFault {
    case inUse, notAllowed, notOfThisMachine
    /// The folder of a Unix socket does not exist.
    case noFolder
    case unknownHost(String)
    /// In the system's words.
    case other(String)

    /// Sorts an error of NIO's; one of an unknown kind becomes `.other`.
    package init(_ error: any Error) {
        switch error {
        case let error as SocketAddressError.UnknownHost: self = .unknownHost(error.host)
        case let error as IOError:
            self =
                switch error.errnoCode {
                case EADDRINUSE: .inUse
                case EACCES, EPERM: .notAllowed
                case EADDRNOTAVAIL: .notOfThisMachine
                case ENOENT: .noFolder
                case let code: .other(unsafe String(cString: strerror(code)))
                }
        default: self = .other("\(error)")
        }
    }
}
