internal import NIOCore
internal import Foundation
internal import Synchronization

/// Keeps the thread of one event loop awake for a moment after a message, because the next one usually follows soon.
///
/// To wake a thread takes 20 to 60 µs on a virtual machine, several times as long as everything else that a short call costs. So after a
/// call the loop's thread looks at its connections again and again, and after each look gives its core to any thread that wants it.
/// It stops as soon as there is anything to do, or when the time is over; an idle process burns nothing.
final class LoopVigil: Sendable {
    /// What the loop's thread alone touches.
    private struct Watch {
        /// Sockets of the loop's connections, by connection.
        var sockets: [ObjectIdentifier: CInt] = [:]
        var end = NIODeadline.uptimeNanoseconds(0)
        var isPending = false
    }

    private final class WatchBox {
        var watch = Watch()
        var polled: [pollfd] = []
    }

    private let eventLoop: any EventLoop
    private let box: NIOLoopBoundBox<WatchBox>
    /// Something was handed to the loop since the last look.
    private let hasNews = Atomic(false)

    private static let vigils = Mutex<[ObjectIdentifier: LoopVigil]>([:])

    /// The one of an event loop.
    static func of(_ eventLoop: any EventLoop) -> LoopVigil {
        vigils.withLock { vigils in
            if let known = vigils[ObjectIdentifier(eventLoop)], known.eventLoop === eventLoop { return known }
            let vigil = LoopVigil(eventLoop)
            vigils[ObjectIdentifier(eventLoop)] = vigil
            return vigil
        }
    }

    private init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        box = .makeBoxSendingValue(WatchBox(), eventLoop: eventLoop)
    }

    var isOnLoop: Bool { eventLoop.inEventLoop }

    /// Runs `work` on the loop, at once even if its thread keeps a vigil. From any thread.
    func execute(_ work: @escaping @Sendable () -> Void) {
        // In this order: whoever sees the news finds the work in the loop's queue.
        eventLoop.execute(work)
        hasNews.store(true, ordering: .releasing)
    }

    // MARK: on the loop

    func add(_ connection: ObjectIdentifier, socket: CInt) { box.value.watch.sockets[connection] = socket }

    func remove(_ connection: ObjectIdentifier) { box.value.watch.sockets[connection] = nil }

    /// Stays awake until then, or until something comes.
    func extend(until end: NIODeadline) {
        let box = box.value
        box.watch.end = max(box.watch.end, end)
        guard !box.watch.isPending else { return }
        box.watch.isPending = true
        eventLoop.execute { self.look() }
    }

    private func look() {
        let box = box.value
        box.watch.isPending = false
        // What is queued behind this comes first.
        if hasNews.exchange(false, ordering: .acquiring) { return extend(until: box.watch.end) }
        box.polled = box.watch.sockets.values.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while NIODeadline.now() < box.watch.end, !hasNews.load(ordering: .acquiring) {
            guard unsafe poll(&box.polled, nfds_t(box.polled.count), 0) == 0 else { return }
            sched_yield()
        }
    }
}
