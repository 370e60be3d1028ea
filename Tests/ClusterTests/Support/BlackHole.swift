import Foundation
import Synchronization

@testable import Transport

/// A Unix socket through which everything passes to another one, until it is cut off: then nothing passes either way,
/// and nobody is told.
///
/// Threads that block: a proxy on an event loop would share it with the clients of the test.
final class BlackHole: Sendable {
    private struct State {
        var isCut = false
        var isClosed = false
        var tunnels: [Tunnel] = []
    }

    private let path: String
    private let target: String
    private let listener: Int32
    private let state = Mutex(State())

    /// Where to connect instead of to the target.
    var address: Address { .unix(path: path) }

    /// - Parameters:
    ///   - path: of the new socket.
    ///   - target: path of the socket behind it, which may come later.
    init(_ path: String, to target: String) throws {
        (self.path, self.target) = (path, target)
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0, withSocketName(path, { bind(listener, $0, $1) }) == 0, listen(listener, 16) == 0 else {
            throw SupportError("no proxy at \(path): \(String(cString: strerror(errno)))")
        }
        Thread.detachNewThread { [self] in takeConnections() }
    }

    /// From now on nothing passes: what is under way is held, connections are taken and lead nowhere.
    func cut() { state.withLock { $0.isCut = true } }

    /// What was held goes on.
    func mend() { state.withLock { $0.isCut = false } }

    /// Ends all connections and takes no more.
    func stop() {
        let tunnels = state.withLock { state in
            defer { state.tunnels = [] }
            state.isClosed = true
            return state.tunnels
        }
        for tunnel in tunnels { tunnel.end() }
        shutdown(listener, Int32(SHUT_RDWR))        // wakes the thread that waits for connections
    }

    private func takeConnections() {
        while true {
            let near = accept(listener, nil, nil)
            guard near >= 0 else { break }
            waitWhileCut()
            let far = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            let tunnel = Tunnel(near: near, far: far)
            // Nobody there: both are closed.
            guard far >= 0, withSocketName(target, { connect(far, $0, $1) }) == 0 else { continue }
            let isClosed = state.withLock { state in
                state.tunnels.append(tunnel)
                return state.isClosed
            }
            guard !isClosed else { break }
            Thread.detachNewThread { [self] in carry(tunnel, from: tunnel.near, to: tunnel.far) }
            Thread.detachNewThread { [self] in carry(tunnel, from: tunnel.far, to: tunnel.near) }
        }
        Foundation.close(listener)
        unlink(path)
    }

    /// One direction, until either end closes.
    private func carry(_ tunnel: Tunnel, from source: Int32, to sink: Int32) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(source, $0.baseAddress, $0.count, 0) }
            waitWhileCut()        // the news that an end has closed is held, too
            guard count > 0, Self.send(buffer[..<count], to: sink) else { return tunnel.end() }
        }
    }

    private static func send(_ bytes: ArraySlice<UInt8>, to sink: Int32) -> Bool {
        var left = bytes
        while !left.isEmpty {
            let sent = left.withUnsafeBytes { Foundation.send(sink, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return false }
            left = left.dropFirst(sent)
        }
        return true
    }

    private func waitWhileCut() {
        while state.withLock({ $0.isCut && !$0.isClosed }) { Thread.sleep(forTimeInterval: 0.005) }
    }
}

/// Two sockets; they are closed when nobody carries anything between them any more.
private final class Tunnel: Sendable {
    let near: Int32
    let far: Int32

    init(near: Int32, far: Int32) { (self.near, self.far) = (near, far) }

    deinit {
        for descriptor in [near, far] where descriptor >= 0 { Foundation.close(descriptor) }
    }

    /// Both peers see the end, and so do reads here.
    func end() {
        shutdown(near, Int32(SHUT_RDWR))
        shutdown(far, Int32(SHUT_RDWR))
    }
}

private func withSocketName<R>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    return withUnsafePointer(to: name) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}
