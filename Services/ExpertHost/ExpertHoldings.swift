internal import Messages

/// The experts of the newest plan, and those of the plan before it, which calls under way may still name.
struct ExpertHoldings {
    private(set) var planVersion = 0
    private(set) var current: [ExpertUnit: Expert] = [:]
    private var previous: [ExpertUnit: Expert] = [:]

    var byteCount: Int { current.values.reduce(0) { $0 + $1.byteCount } }

    mutating func replace(with experts: [ExpertUnit: Expert], planVersion: Int) throws(ExpertError) {
        guard planVersion > self.planVersion else { throw .stalePlan(found: planVersion, current: self.planVersion) }
        previous = current
        current = experts
        self.planVersion = planVersion
    }

    func expert(_ unit: ExpertUnit) -> Expert? { current[unit] ?? previous[unit] }
}
