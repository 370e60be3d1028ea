internal import Messages

@testable import Router

extension SchedulerWorld {
    /// What must hold for every plan.
    mutating func check(_ plan: StepPlan, _ unready: Set<SequenceID>) {
        let limits = scheduler.limits
        if scheduler.running.count > limits.placesMax { trouble = "\(scheduler.running.count) run" }
        if plan.promptRowCount > (plan.generatingCount > 0 ? max(1, beside) : alone) {
            trouble = "\(plan.promptRowCount) prompt rows"
        }
        if Set(plan.rows.map(\.id)).count != plan.rows.count { trouble = "a sequence has rows twice" }
        for (index, row) in plan.rows.enumerated() where !unready.contains(row.id) {
            guard let life = lives[row.id], alive.contains(row.id) else {
                trouble = "\(row.id) has rows and is gone"
                return
            }
            check(row, life, generates: index < plan.generatingCount)
        }
        for entry in scheduler.running where entry.grantedBytes < 0 { trouble = "\(entry.id) has negative memory" }
    }

    /// What must hold for a plan's replicas when it is made.
    mutating func checkReplicas(of plan: StepPlan) {
        let replicas = scheduler.limits.replicas
        for (replica, memory) in replicas where !isUnlucky && scheduler.reservedBytes(on: replica) > memory.bytes {
            trouble = "\(scheduler.reservedBytes(on: replica)) bytes of \(memory.bytes) reserved on \(replica)"
        }
        let used =
            plan.rows.map(\.replica) + plan.opens.values.map(\.replica) + plan.resumes.values.map(\.replica)
            + plan.grows.values.map(\.replica) + plan.parks.map(\.replica) + plan.keeps.map(\.replica)
        if let gone = used.first(where: { replicas[$0] == nil }) { trouble = "replica \(gone) is used and gone" }
        for (id, opening) in plan.opens where replicas[opening.replica]?.isDraining ?? true {
            trouble = "\(id) begins on \(opening.replica), which is drained"
        }
        if Set(plan.rows.map(\.replica)).count > 1 { events.insert(.severalReplicas) }
        for entry in scheduler.running where replicas[entry.replica] == nil { trouble = "\(entry.id) runs nowhere" }
        for entry in scheduler.queue where (entry.phase == .waiting) != (entry.replica == .none) {
            trouble = "\(entry.id) waits with a state on \(entry.replica)"
        }
    }

    private mutating func check(_ row: StepPlan.Rows, _ life: Life, generates: Bool) {
        if row.start != life.carried || row.count < 1 {
            trouble = "\(row) begins at the wrong place, expected \(life.carried)"
        }
        if let state = live[row.id], state.replica == row.replica, state.length == row.start,
            row.start + row.count <= state.positions
        {
        } else {
            trouble = "\(row) has no room in \(live[row.id].debugDescription)"
        }
        if generates, row.count != 1 || life.carried < life.promptCount { trouble = "\(row) does not generate" }
        if !generates, life.carried + row.count > life.promptCount { trouble = "\(row) goes beyond the prompt" }
        if row.yieldsToken != (life.carried + row.count >= life.promptCount) { trouble = "\(row) yields wrongly" }
        let points = scheduler.running.first { $0.id == row.id }?.keepPoints ?? []
        if points.contains(where: { $0 > row.start && $0 < row.start + row.count }) {
            trouble = "\(row) passes one of the positions \(points) where its state is to be kept"
        }
    }
}
