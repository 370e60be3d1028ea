internal import Messages

extension Scheduler {
    /// One sequence.
    struct Entry: Sendable {
        enum Phase {
            /// It has no state.
            case waiting
            /// Its live state stays as it is.
            case parkedInMemory
            /// Its state is kept on disk.
            case parkedOnDisk
            /// Its state is kept, and had to stay in memory since it could not be written to disk.
            case keptInMemory

            /// Its state takes memory.
            var takesMemory: Bool { self == .parkedInMemory || self == .keptInMemory }
            /// Its state is a kept one, of which there is no live one.
            var isKept: Bool { self == .parkedOnDisk || self == .keptInMemory }
        }

        let id: SequenceID
        let demand: Demand
        let arrival: Duration
        /// Where it stands while it does not run.
        var phase = Phase.waiting
        /// The replica where its state is; `.none` where it has none.
        var replica = ReplicaID.none
        /// It lost its state with a replica: it comes before those of its class that have never begun.
        var isCutOff = false
        /// Its way from a replica that is about to go; nil where it is on none.
        var departure: Departure?
        /// Tokens to be read before the next one is chosen: the prompt; after its state was lost, all there are.
        var promptCount: Int
        /// Tokens that are in its state: they went through the model, or the state that it began from had them.
        var carried = 0
        /// What it began with.
        var match = PrefixMatch()
        /// Positions of its prompt where its state is to be kept, ascending.
        var keepPoints: [Int] = []
        /// Length of the longest state that is kept of its tokens, as far as it knows.
        var keptLength = 0
        /// The kept state in which it is parked; `.none` where it is not.
        var parkedState = StateID.none
        /// Positions for which it has memory, and which its account was charged for.
        var granted = 0
        /// Memory that is bound for it: what the attention service granted, and before it has answered an estimate.
        var grantedBytes = 0
        /// When it last came to run.
        var begun = Duration.zero
        var begunStep = 0
        /// When it last lost its place: it does not come back in the same step.
        var setAsideStep = 0
        /// Steps that failed since one of its rows led to a token.
        var failures = 0
        /// Those of them in which it was alone where they failed.
        var failuresAlone = 0
        /// It may be what made a step fail: it runs alone until it has shown that it is not.
        var isSuspect = false
        /// How often there was no memory to begin from a kept state.
        var lackCount = 0
        /// It is not to begin from a kept state any more.
        var beginsEmpty = false
        /// Running sequences it has waited for, to begin with what they compute.
        var waitedFor: [SequenceID] = []

        init(id: SequenceID, demand: Demand, arrival: Duration) {
            (self.id, self.demand, self.arrival, promptCount) = (id, demand, arrival, demand.promptCount)
        }

        /// One of its rows has led to a token.
        mutating func forgetFailures() { (failures, failuresAlone, isSuspect) = (0, 0, false) }

        var promptLeft: Int { max(0, promptCount - carried) }
        /// All its tokens, the one chosen last included.
        var tokenCount: Int { max(promptCount, carried + 1) }
        /// How many rows of its prompt may be in the next step: up to where its state is kept, or to the prompt's end.
        var promptRowsNext: Int { min(promptLeft, (keepPoints.first { $0 > carried } ?? .max) - carried) }

        /// It cannot take its next row.
        var lacksPositions: Bool { promptLeft == 0 && carried >= granted }

        func rows(_ count: Int) -> StepPlan.Rows {
            StepPlan.Rows(
                id: id, replica: replica, start: carried, count: count, yieldsToken: carried + count >= promptCount)
        }

        func priority(at now: Duration, ageing: Duration) -> Int {
            let classes = ageing > .zero ? min((now - arrival) / ageing, Double(Priority.high.rawValue)) : 0
            return min(demand.priority.rawValue + Int(classes), Priority.high.rawValue)
        }
    }
}
