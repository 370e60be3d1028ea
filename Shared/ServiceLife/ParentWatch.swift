internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Returns when `descriptor` reaches its end; at once when it is nothing that is still open behind, such as /dev/null
/// or a file.
///
/// The one who starts a process keeps the other end of its standard input open; the kernel closes it when that process
/// ends, however it ends. So this also works when the parent was killed outright. A terminal has no end of this kind:
/// whoever sits there can press Ctrl-C.
///
/// - Parameter onLine: gets each line that comes before.
func waitForEnd(of descriptor: CInt = STDIN_FILENO, onLine: @escaping @Sendable (String) -> Void = { _ in }) async {
    if isatty(descriptor) == 1 {
        while (try? await Task.sleep(for: .seconds(3600))) != nil {}        // until it is cancelled
        return
    }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, [S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT) else { return }
    let copy = dup(descriptor)
    guard copy >= 0 else { return }
    let channel: any Channel
    do {
        channel = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LineHandler(onLine))
                }
            }
            .takingOwnershipOfDescriptor(input: copy).get()
    } catch {
        close(copy)
        return
    }
    await withTaskCancellationHandler {
        try? await channel.closeFuture.get()
    } onCancel: {
        channel.close(promise: nil)
    }
}

/// Cuts what comes into lines. The end of one that is very long is thrown away.
private final class LineHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private static let lineBytesMax = 1000
    private let onLine: @Sendable (String) -> Void
    private var pending: [UInt8] = []

    init(_ onLine: @escaping @Sendable (String) -> Void) { self.onLine = onLine }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for byte in Self.unwrapInboundIn(data).readableBytesView {
            if byte == UInt8(ascii: "\n") {
                onLine(String(decoding: pending, as: UTF8.self))
                pending = []
            } else if pending.count < Self.lineBytesMax {
                pending.append(byte)
            }
        }
    }
}
