import NIOCore
import NIOPosix

/// The same socket settings for both sides.
extension ServerBootstrap {
    func transportOptions(_ limits: RPCLimits, _ address: Address) -> ServerBootstrap {
        let bootstrap = childChannelOption(.recvAllocator, value: limits.receiveBuffers)
            .childChannelOption(.writeBufferWaterMark, value: limits.writeMarks)
        return switch address {
        case .unix: bootstrap.childChannelOption(.socketOption(.so_sndbuf), value: unixSendBytes)
        case .tcp: bootstrap.childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        }
    }
}

extension ClientBootstrap {
    func transportOptions(_ limits: RPCLimits, _ address: Address) -> ClientBootstrap {
        let bootstrap = channelOption(.recvAllocator, value: limits.receiveBuffers)
            .channelOption(.writeBufferWaterMark, value: limits.writeMarks)
        return switch address {
        case .unix: bootstrap.channelOption(.socketOption(.so_sndbuf), value: unixSendBytes)
        case .tcp: bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
        }
    }
}

/// What the system may hold of a Unix socket's unread bytes: with its usual 208 KiB a large body wakes both sides every
/// few microseconds. TCP finds its own size, unless one is set.
private let unixSendBytes: ChannelOptions.Types.SocketOption.Value = 1 << 20

extension RPCLimits {
    /// Grows for large bodies, shrinks again after them.
    fileprivate var receiveBuffers: any RecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(minimum: 16 << 10, initial: 64 << 10, maximum: 1 << 20)
    }

    fileprivate var writeMarks: ChannelOptions.Types.WriteBufferWaterMark {
        .init(low: unsentBytesMax / 4, high: unsentBytesMax)
    }
}
