internal import Messages

@testable import Router

extension SchedulerWorld {
    /// What must hold for every plan.
    mutating func check(_ plan: StepPlan, _ unready: Set<SequenceID>) {
        let limits = scheduler.limits
        if scheduler.running.count > limits.placesMax { trouble = "\(scheduler.running.count) run" }
        if !isUnlucky, scheduler.reservedBytes > limits.memoryBytes {
            trouble = "\(scheduler.reservedBytes) bytes reserved of \(limits.memoryBytes)"
        }
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

    private mutating func check(_ row: StepPlan.Rows, _ life: Life, generates: Bool) {
        if row.start != life.carried || row.count < 1 {
            trouble = "\(row) begins at the wrong place, expected \(life.carried)"
        }
        if let state = live[row.id], state.length == row.start, row.start + row.count <= state.positions {
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
