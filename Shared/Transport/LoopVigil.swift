internal import Foundation
internal import NIOCore
internal import Synchronization

/// Keeps the thread of one event loop awake for a moment after a message, because the next one usually follows soon.
///
/// To wake a thread takes 20 to 60 µs on a virtual machine, several times as long as everything else that a short call
/// costs. So after a call the loop's thread looks at its connections again and again, and after each look gives its
/// core to any thread that wants it. It stops as soon as there is anything to do, or when the time is over; an idle
/// process burns nothing.
final class LoopVigil: Sendable {
    /// What the loop's thread alone touches.
    private struct Watch {
        /// Sockets of the loop's connections, by connection.
        var sockets: [ObjectIdentifier: CInt] = [:]
        var end = NIODeadline.uptimeNanoseconds(0)
        /// A look stands in the loop's queue.
        var isQueued = false
    }

    private let eventLoop: any EventLoop
    private let watch: NIOLoopBoundBox<Watch>
    /// Something was handed to the loop since the last look.
    private let hasNews = Atomic(false)

    /// They keep their event loops, of which a process has few, for as long as it runs.
    private static let vigils = Mutex<[ObjectIdentifier: LoopVigil]>([:])

    /// The one of an event loop.
    static func of(_ eventLoop: any EventLoop) -> LoopVigil {
        vigils.withLock { vigils in
            if let known = vigils[ObjectIdentifier(eventLoop)] { return known }
            let vigil = LoopVigil(eventLoop)
            vigils[ObjectIdentifier(eventLoop)] = vigil
            return vigil
        }
    }

    private init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        watch = .makeBoxSendingValue(Watch(), eventLoop: eventLoop)
    }

    var isOnLoop: Bool { eventLoop.inEventLoop }

    /// Runs `work` on the loop, at once even if its thread keeps a vigil. From any thread.
    func execute(_ work: @escaping @Sendable () -> Void) {
        // In this order: whoever sees the news finds the work in the loop's queue.
        eventLoop.execute(work)
        hasNews.store(true, ordering: .releasing)
    }

    // MARK: on the loop

    func add(_ connection: ObjectIdentifier, socket: CInt) { watch.value.sockets[connection] = socket }

    func remove(_ connection: ObjectIdentifier) { watch.value.sockets[connection] = nil }

    /// Stays awake until then, or until something comes.
    func extend(until end: NIODeadline) {
        watch.value.end = max(watch.value.end, end)
        queueLook()
    }

    private func queueLook() {
        guard !watch.value.isQueued else { return }
        watch.value.isQueued = true
        eventLoop.execute { self.look() }
    }

    private func look() {
        watch.value.isQueued = false
        let end = watch.value.end
        guard NIODeadline.now() < end else { return }
        // What is queued behind this comes first.
        if hasNews.exchange(false, ordering: .acquiring) { return queueLook() }
        var sockets = watch.value.sockets.values.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while NIODeadline.now() < end, !hasNews.load(ordering: .acquiring) {
            guard unsafe poll(&sockets, nfds_t(sockets.count), 0) == 0 else { return }
            sched_yield()
        }
    }
}
