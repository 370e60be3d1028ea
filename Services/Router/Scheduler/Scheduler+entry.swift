internal import Checkpoint

extension Scheduler {
    /// One sequence.
    struct Entry: Sendable {
        enum Phase { case waiting, parkedInMemory, parkedOnDisk }

        let id: UInt64
        let demand: Demand
        let arrival: Duration
        /// Where it stands while it does not run.
        var phase = Phase.waiting
        /// Tokens to be read before the next one is chosen: the prompt; after its state was lost, all there are.
        var promptCount: Int
        /// Tokens that went through the model, and are in its state.
        var carried = 0
        /// Positions for which it has memory, and which its account was charged for.
        var granted = 0
        /// When it last came to run.
        var begun = Duration.zero
        var begunStep = 0
        /// When it last lost its place: it does not come back in the same step.
        var setAsideStep = 0
        /// Steps that failed since one of its rows led to a token.
        var failures = 0
        /// It may be what made a step fail: it runs alone until it has shown that it is not.
        var isSuspect = false

        init(id: UInt64, demand: Demand, arrival: Duration) {
            (self.id, self.demand, self.arrival, promptCount) = (id, demand, arrival, demand.promptCount)
        }

        var promptLeft: Int { max(0, promptCount - carried) }
        /// All its tokens, the one chosen last included.
        var tokenCount: Int { max(promptCount, carried + 1) }

        /// Memory reserved for its state, while that is in the attention service's memory.
        var grantedBytes: Int { demand.state.bytes(tokens: granted) }
        /// It cannot take its next row.
        var lacksPositions: Bool { promptLeft == 0 && carried >= granted }

        func rows(_ count: Int) -> StepPlan.Rows {
            StepPlan.Rows(id: id, start: carried, count: count, yieldsToken: carried + count >= promptCount)
        }

        func priority(at now: Duration, ageing: Duration) -> Int {
            let classes = ageing > .zero ? min((now - arrival) / ageing, Double(Priority.high.rawValue)) : 0
            return min(demand.priority.rawValue + Int(classes), Priority.high.rawValue)
        }
    }
}
