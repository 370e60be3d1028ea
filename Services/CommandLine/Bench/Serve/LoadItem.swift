/// One request of a load: when it is sent, by whom, how large it is, and how its client behaves.
struct LoadItem: Sendable, Equatable {
    enum Priority: String, Sendable, CaseIterable { case low, normal, high }
    enum Behaviour: Sendable, Equatable {
        case reads
        /// Pauses before each piece that it reads.
        case readsSlowly
        /// Hangs up after this time, however far its answer is.
        case leavesAfterSeconds(Double)
        case leavesAfterTokens(Int)
    }

    /// When it is sent, in seconds from the beginning.
    var at: Double
    var promptTokens: Int
    var answerTokens: Int
    var key: String?
    var priority: Priority?
    var behaviour = Behaviour.reads
    /// The seed of its random prompt.
    var seed: UInt64 = 0
}
