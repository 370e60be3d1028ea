internal import Messages

@testable import Router

/// Short ways to write the values of plans.
extension SequenceID {
    init(_ number: Int) { self.init(rawValue: UInt64(number)) }
}

extension StepPlan {
    /// How many positions those that begin may reach.
    var openPositions: [SequenceID: Int] { opens.mapValues(\.tokensMax) }
    /// How many positions those that come back may reach.
    var resumePositions: [SequenceID: Int] { resumes.mapValues(\.tokensMax) }
    var parkedIDs: [SequenceID] { parks.map(\.id) }
}
