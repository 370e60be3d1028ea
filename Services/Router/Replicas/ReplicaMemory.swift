/// What a replica of attention has for the states of sequences, in bytes of its largest part.
struct ReplicaMemory: Sendable, Equatable {
    var bytes: Int
    /// Of it, what others than this router take at the moment.
    var othersBytes = 0
    /// No new sequence is placed there, since it is about to go.
    var isDraining = false
}
