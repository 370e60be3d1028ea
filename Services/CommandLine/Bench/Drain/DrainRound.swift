internal import LocalCluster
internal import TerminalOutput

/// How a service stopped that was told to. Times are seconds of the watcher.
struct ServiceStop: Sendable, Equatable {
    let name: String
    let told: Double
    let ended: Double
    let exit: ChildExit
    /// How many sequences lived on it when it was told.
    let streams: Int

    var seconds: Double { ended - told }
}

/// What stopping an attention service did to sessions and answers.
struct DrainRound: Sendable, Equatable {
    let stop: ServiceStop
    let sessions: Int
    /// How many of them were on the service.
    let sessionsHeld: Int
    /// How many of all answered right afterwards.
    var sessionsRight = 0
    /// How many of all began from a kept state of all their tokens.
    var sessionsKept = 0
    let streams: Int
    /// How many have the text of an undisturbed answer.
    var sameStreams = 0
    let gaps: LongestGaps

    /// What went wrong, a sentence for each kind.
    func problems(graceSeconds: Int) -> [String] {
        var problems: [String] = []
        if stop.exit != .exited(0) { problems.append("\(stop.name) \(stop.exit)") }
        if stop.seconds > Double(graceSeconds) {
            problems.append("\(stop.name) took \(decimal(stop.seconds, places: 1)) s to end, more than \(graceSeconds)")
        }
        let wrong = sessions - sessionsRight, lost = sessions - sessionsKept, others = streams - sameStreams
        if wrong > 0 { problems.append("\(wrong) of \(sessions) sessions answered something else") }
        if lost > 0 { problems.append("\(lost) of \(sessions) sessions had to be computed again") }
        if others > 0 { problems.append("\(others) of \(streams) streams had another text than undisturbed") }
        return problems
    }
}
