import NIOCore
import Synchronization

/// Carries values from any task to one event loop, in order. A burst of them costs one wake-up of the loop, and one flush.
final class Mailbox<Element: Sendable>: Sendable {
    private let eventLoop: any EventLoop
    private let waiting = Mutex<[Element]>([])
    private let receiver: NIOLoopBound<([Element]) -> Void>

    /// Call it on the event loop; `receiver` runs there.
    init(on eventLoop: any EventLoop, receiver: @escaping ([Element]) -> Void) {
        self.eventLoop = eventLoop
        self.receiver = NIOLoopBound(receiver, eventLoop: eventLoop)
    }

    func post(_ element: Element) {
        let isFirst = waiting.withLock { waiting in
            waiting.append(element)
            return waiting.count == 1
        }
        if isFirst { eventLoop.execute { self.deliver() } }
    }

    private func deliver() {
        let batch = waiting.withLock { waiting in
            let batch = waiting
            waiting = []
            return batch
        }
        receiver.value(batch)
    }
}
