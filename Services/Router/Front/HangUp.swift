internal import NIOCore
internal import Synchronization

/// Tells requests that their client has hung up, which otherwise shows only when something is written. One per connection.
final class HangUpWatch: Sendable {
    private struct State {
        var isHungUp = false
        var nextKey = 0
        var actions: [Int: @Sendable () -> Void] = [:]
    }
    private let state = Mutex(State())

    var isHungUp: Bool { state.withLock { $0.isHungUp } }

    /// Has `action` run once when the client hangs up; at once if it has done so already. Ends with `unwatch`.
    func watch(_ action: @escaping @Sendable () -> Void) -> Int {
        let key = state.withLock { state -> Int? in
            guard !state.isHungUp else { return nil }
            state.nextKey += 1
            state.actions[state.nextKey] = action
            return state.nextKey
        }
        if key == nil { action() }
        return key ?? 0     // 0 is nobody's key
    }

    func unwatch(_ key: Int) { state.withLock { _ = $0.actions.removeValue(forKey: key) } }

    fileprivate func hangUp() {
        let actions = state.withLock { state in
            state.isHungUp = true
            defer { state.actions = [:] }
            return Array(state.actions.values)
        }
        for action in actions { action() }
    }
}

/// Sits in each connection's pipeline. A client that closes its sending side counts as gone, as with other HTTP servers.
/// Stays on its channel's event loop; only the watch leaves it.
final class HangUpHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny
    let watch = HangUpWatch()

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { watch.hangUp() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        watch.hangUp()
        context.fireChannelInactive()
    }

    /// Time for a client to read why it was refused.
    private static let farewell = TimeAmount.seconds(1)

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        watch.hangUp()
        // After bytes that are no HTTP nobody reads from the connection any more, so its end would never be seen.
        let channel = context.channel
        channel.eventLoop.scheduleTask(in: Self.farewell) { channel.close(promise: nil) }
        context.fireErrorCaught(error)
    }

    /// The watch of `channel`'s connection; one that never tells where the server was set up without this handler.
    static func watch(of channel: any Channel) async -> HangUpWatch {
        let found = channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: HangUpHandler.self).watch
        }
        return (try? await found.get()) ?? HangUpWatch()
    }
}
