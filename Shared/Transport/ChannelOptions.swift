import NIOCore
import NIOPosix

/// The same socket settings for both sides.
extension ServerBootstrap {
    func transportOptions(_ limits: RPCLimits) -> ServerBootstrap {
        childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.recvAllocator, value: limits.receiveBuffers)
            .childChannelOption(.writeBufferWaterMark, value: limits.writeMarks)
    }
}

extension ClientBootstrap {
    func transportOptions(_ limits: RPCLimits) -> ClientBootstrap {
        channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.recvAllocator, value: limits.receiveBuffers)
            .channelOption(.writeBufferWaterMark, value: limits.writeMarks)
    }
}

extension RPCLimits {
    /// Grows for large bodies, shrinks again after them.
    fileprivate var receiveBuffers: any RecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(minimum: 16 << 10, initial: 64 << 10, maximum: 1 << 20)
    }

    fileprivate var writeMarks: ChannelOptions.Types.WriteBufferWaterMark {
        .init(low: unsentBytesMax / 4, high: unsentBytesMax)
    }
}
