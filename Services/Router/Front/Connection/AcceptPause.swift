internal import Admin
internal import Logging
internal import NIOCore
internal import Probing

/// In the pipeline of the listening socket: accepts no more while there is no room for another connection, by our own
/// limit or by the system's (then `accept` fails, and would fail again at once).
final class AcceptPause: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never
    typealias OutboundOut = Never

    /// How long to pause: after connections were closed to make room, and where none could be closed.
    private static let shortPause = TimeAmount.milliseconds(5), longPause = TimeAmount.milliseconds(100)
    /// Idle connections closed at a time, so that a queue of new ones is not let in one by one.
    private static let roomMade = 8
    private static let warningInterval = TimeAmount.seconds(30)

    private let table: ConnectionTable
    private let logger: Logger
    private let pause = ListenerPause()
    private var lastWarning = NIODeadline.uptimeNanoseconds(0)

    init(_ table: ConnectionTable, logger: Logger) {
        self.table = table
        self.logger = logger
    }

    func read(context: ChannelHandlerContext) {
        if table.isFull { beginPause(context, because: "there are as many connections as allowed") }
        if !pause.holdsRead() { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return context.fireErrorCaught(error) }
        switch AcceptFailure(code: error.errnoCode) {
        case .noDescriptor: beginPause(context, because: "all file descriptors are in use")
        case .noMemory: beginPause(context, because: "the system has no memory for another connection")
        case .clientGone: break
        case nil: context.fireErrorCaught(error)
        }
    }

    private func beginPause(_ context: ChannelHandlerContext, because reason: String) {
        guard !pause.isOn else { return }
        let makesRoom = table.makeRoom(min(Self.roomMade, max(1, table.count / 2)))
        if NIODeadline.now() >= lastWarning + Self.warningInterval || lastWarning == .uptimeNanoseconds(0) {
            lastWarning = .now()
            logger.warning(
                "connections have to wait", metadata: ["cause": "\(reason)", "connections": "\(table.count)"])
        }
        pause.begin(context, for: makesRoom ? Self.shortPause : Self.longPause, read: read)
    }
}
