package import NIOCore

/// Lets a listening socket accept nothing for a while: a read that comes meanwhile is held, and made at the end.
package final class ListenerPause {
    /// Whether the socket accepts nothing at the moment.
    package private(set) var isOn = false
    private var hasHeldRead = false

    /// The socket accepts until `begin` is called.
    package init() {}

    /// - Returns: whether the read that has come is held.
    package func holdsRead() -> Bool {
        if isOn { hasHeldRead = true }
        return isOn
    }

    /// Call it on the event loop, while it is not on.
    ///
    /// - Parameter read: makes the read that was held.
    package func begin(
        _ context: ChannelHandlerContext, for time: TimeAmount, read: @escaping (ChannelHandlerContext) -> Void
    ) {
        isOn = true
        context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            self.isOn = false
            guard self.hasHeldRead else { return }
            self.hasHeldRead = false
            read(context)
        }
    }
}
