internal import Checkpoint
internal import Messages

@testable import Router

/// Short ways to write the values of plans; where nothing else is said they are about the first replica.
extension SequenceID {
    init(_ number: Int) { self.init(rawValue: UInt64(number)) }
}

extension ReplicaID {
    init(_ number: Int) { self.init(rawValue: number) }
}

extension StepPlan {
    /// How many positions those that begin may reach.
    var openPositions: [SequenceID: Int] { opens.mapValues(\.tokensMax) }
    /// How many positions those that come back may reach.
    var resumePositions: [SequenceID: Int] { resumes.mapValues(\.tokensMax) }
    /// How many positions those that grow may reach.
    var growPositions: [SequenceID: Int] { grows.mapValues(\.tokensMax) }
    var parkedIDs: [SequenceID] { parks.map(\.id) }
    var closedIDs: [SequenceID] { closes.sorted { $0.key < $1.key }.flatMap(\.value) }
}

extension StepPlan.Rows {
    init(id: SequenceID, start: Int, count: Int, yieldsToken: Bool) {
        self.init(id: id, replica: .first, start: start, count: count, yieldsToken: yieldsToken)
    }
}

extension StepPlan.Opening {
    init(tokensMax: Int, state: StateID = .none, length: Int = 0) {
        self.init(replica: .first, tokensMax: tokensMax, state: state, length: length)
    }
}

extension StepPlan.Parking {
    init(id: SequenceID, state: StateID, isKept: Bool = false) {
        self.init(id: id, replica: .first, state: state, isKept: isKept)
    }
}

extension StepPlan.Keep {
    init(id: SequenceID, state: StateID, closes: Bool, scope: PrefixScope, tokens: [Int32], worth: Duration) {
        self.init(
            id: id, replica: .first, state: state, closes: closes, scope: scope, tokens: tokens, worth: worth)
    }
}

extension Scheduler.Limits {
    /// With one replica.
    init(
        placesMax: Int = 64, waitingMax: Int = 256, memoryBytes: Int, size: StateSize = .fixed(1),
        weights: [Double] = [1], ageing: Duration = .seconds(30)
    ) {
        self.init(
            placesMax: placesMax, waitingMax: waitingMax, replicas: [.first: ReplicaMemory(bytes: memoryBytes)],
            stateSize: size, weights: weights, ageing: ageing)
    }
}

extension Scheduler {
    /// On the first replica.
    var reservedBytes: Int { reservedBytes(on: .first) }
}

extension StateSize {
    /// Of states that take the same memory however long they are.
    static func fixed(_ bytes: Int) -> StateSize { StateSize(fixedBytes: bytes, pageBytes: 0, pageLength: 1) }
    /// Of states that take a byte for each token.
    static let bytePerToken = StateSize(fixedBytes: 0, pageBytes: 1, pageLength: 1)
}
