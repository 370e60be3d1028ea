import NIOCore
import Synchronization

/// Carries values from any task to one event loop, in order. A burst of them costs one wake-up of the loop, and one
/// flush.
final class Mailbox<Element: Sendable>: Sendable {
    private let vigil: LoopVigil
    private let waiting = Mutex<[Element]>([])
    private let receiver: NIOLoopBound<([Element]) -> Void>

    /// Call it on the event loop; `receiver` runs there.
    init(on eventLoop: any EventLoop, receiver: @escaping ([Element]) -> Void) {
        vigil = .of(eventLoop)
        self.receiver = NIOLoopBound(receiver, eventLoop: eventLoop)
    }

    /// Delivers at once where the caller is on the event loop, outside of the receiver's own work, and nothing waits
    /// before it; else posts.
    func deliver(_ element: Element) {
        guard vigil.isOnLoop, waiting.withLock({ $0.isEmpty }) else { return post(element) }
        receiver.value([element])
    }

    func post(_ element: Element) {
        let isFirst = waiting.withLock { waiting in
            waiting.append(element)
            return waiting.count == 1
        }
        if isFirst { vigil.execute { self.empty() } }
    }

    private func empty() {
        let batch = waiting.withLock { waiting in
            let batch = waiting
            waiting = []
            return batch
        }
        receiver.value(batch)
    }
}
