@testable import Transport

/// Many plain sockets to one address. Used by one task at a time, inside `onThread`, since their calls block.
final class SocketCrowd: @unchecked Sendable {
    private var sockets: [RawSocket] = []

    /// - Parameter text: what each sends at once.
    init(_ address: Address, count: Int, sending text: String = "") throws {
        for _ in 0 ..< count {
            let socket = try RawSocket(address, timeoutSeconds: 3)
            if !text.isEmpty { _ = socket.send(text) }
            sockets.append(socket)
        }
    }

    /// The beginning of what each has received; empty where nothing came in time.
    func beginnings(_ length: Int) -> [String] {
        sockets.map { String(decoding: $0.read().prefix(length), as: UTF8.self) }
    }

    func close() {
        for socket in sockets { socket.close() }
        sockets = []
    }
}
