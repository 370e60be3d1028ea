internal import AdminMessages

extension PlanReport {
    /// Whether every host holds all that the plan wants of it, and everything is held so many times.
    func isSettled(copies: Int) -> Bool {
        problem == nil && !hosts.isEmpty && copiesHeld >= copies && hosts.allSatisfy(\.isSettled)
    }
}

extension PlanReport.Host {
    /// Whether it holds all that the plan wants of it.
    var isSettled: Bool { ["ready", "empty"].contains(state) && expertsReady >= expertsWanted }
}
