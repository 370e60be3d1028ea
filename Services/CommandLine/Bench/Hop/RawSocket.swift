internal import Console
internal import Foundation
internal import SystemPackage
internal import Transport

/// A blocking Unix socket, as plain as the system has it: what the transport is measured against.
struct RawSocket: Sendable {
    private let descriptor: FileDescriptor

    /// - Throws: `StartError` when nobody listens at `path`.
    static func connected(to path: String) throws -> RawSocket {
        let socket = try make()
        guard unsafe socket.withAddress(path, { unsafe connect(socket.descriptor.rawValue, $0, $1) }) == 0 else {
            throw socket.failure("connect to \(path)")
        }
        return socket
    }

    /// - Throws: `StartError` when `path` cannot be listened on.
    static func listening(on path: String) throws -> RawSocket {
        let socket = try make()
        guard unsafe socket.withAddress(path, { unsafe bind(socket.descriptor.rawValue, $0, $1) }) == 0,
            listen(socket.descriptor.rawValue, 8) == 0
        else {
            throw socket.failure("listen on \(path)")
        }
        return socket
    }

    /// The next caller; nil once `end` was called.
    func accepted() -> RawSocket? {
        let client = accept(descriptor.rawValue, nil, nil)
        return client < 0 ? nil : RawSocket(descriptor: FileDescriptor(rawValue: client))
    }

    /// Fills `bytes`. - Returns: false when the peer has closed the connection before.
    func receive(_ bytes: inout [UInt8]) -> Bool {
        var count = 0
        while count < bytes.count {
            let read = unsafe bytes.withUnsafeMutableBytes { buffer in
                (try? unsafe descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))) ?? 0
            }
            guard read > 0 else { return false }
            count += read
        }
        return true
    }

    /// - Returns: false when the peer no longer listens.
    func send(_ bytes: [UInt8]) -> Bool { (try? descriptor.writeAll(bytes)) != nil }

    /// Wakes whoever waits on the socket; it can then be closed.
    func end() { shutdown(descriptor.rawValue, Int32(SHUT_RDWR)) }

    func close() { try? descriptor.close() }

    // MARK: system

    private static func make() throws -> RawSocket {
        #if canImport(Darwin)
        let stream = SOCK_STREAM
        #else
        let stream = Int32(SOCK_STREAM.rawValue)
        #endif
        let descriptor = socket(AF_UNIX, stream, 0)
        guard descriptor >= 0 else { throw StartError("cannot make a socket: \(Errno(rawValue: errno))") }
        return RawSocket(descriptor: FileDescriptor(rawValue: descriptor))
    }

    private func failure(_ what: String) -> StartError {
        let reason = Errno(rawValue: errno)
        close()
        return StartError("cannot \(what): \(reason)")
    }

    private func withAddress<Result>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: path.utf8.prefix(Address.unixPathBytesMax))
        }
        return unsafe withUnsafePointer(to: address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
