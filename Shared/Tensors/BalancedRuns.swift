/// Cuts `costs.indices` into `parts` runs, one after the other, of about equal cost: an item goes to the run in which
/// its middle lies, so no run costs more than its fair share and one item. Runs may be empty.
///
/// - Parameter costs: of each item, in any unit, none negative.
package func balancedRuns(_ costs: [Double], parts: Int) -> [Range<Int>] {
    precondition(parts > 0, "\(parts) parts")
    let share = costs.reduce(0, +) / Double(parts)
    var sum = 0.0, index = 0
    return (1 ... parts).map { part in
        let first = index
        while index < costs.count, part == parts || sum + costs[index] / 2 < share * Double(part) {
            sum += costs[index]
            index += 1
        }
        return first ..< index
    }
}

extension Compute {
    /// Calls `body` for runs of a list of work, side by side, which together are the whole list; which items make a run
    /// tells only on time.
    ///
    /// - Parameter costs: about how many additions or the like each item takes; work that is too small for several
    ///   threads stays on this one.
    package func inRuns(costs: [Double], _ body: (Range<Int>) -> Void) {
        let runs = balancedRuns(costs, parts: worthwhileParts(of: costs.count, operations: costs.reduce(0, +)))
        inParts(runs.count) { part in
            for run in runs[part] where !run.isEmpty { body(run) }
        }
    }
}
