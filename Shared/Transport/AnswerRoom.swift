import Synchronization

/// Room for the answers of one connection, from before they are computed until the peer has read them.
///
/// A short request may ask for a long answer. Whoever can tell how long it will be asks for room first; a peer that
/// reads too slowly is then refused before anything is computed.
package final class AnswerRoom: Sendable {
    private let bytesMax: Int
    private let reserved = Mutex<[Int32: Int]>([:])

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// - Throws: `resourceExhausted`.
    func reserve(_ count: Int, for stream: Int32) throws(RPCError) {
        let taken: Int? = reserved.withLock { reserved in
            let taken = reserved.values.reduce(0, +)
            guard count <= bytesMax - taken else { return taken }
            reserved[stream, default: 0] += count
            return nil
        }
        guard let taken else { return }
        throw RPCError(
            .resourceExhausted,
            """
            the answer would have \(count) bytes; a connection has room for \(bytesMax) bytes of answers that are not \
            read yet, and \(taken) are taken
            """
        )
    }

    /// The answer is read, or will not come.
    func release(_ stream: Int32) {
        reserved.withLock { if !$0.isEmpty { $0[stream] = nil } }
    }

    /// Bytes that are taken.
    var taken: Int { reserved.withLock { $0.values.reduce(0, +) } }
}
