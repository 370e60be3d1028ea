internal import Messages
internal import Tensors

/// A checked request: some rows, and which experts they go through.
struct ExpertCall: Sendable {
    struct Group: Sendable {
        let unit: ExpertUnit
        let expert: Expert
        /// Of `hidden`.
        let rows: [UInt32]
    }

    let hidden: Tensor        // (rows, D)
    let groups: [Group]

    /// About how many additions or the like the call takes.
    var operations: Double {
        groups.reduce(0) { $0 + Compute.operations(rows: $1.rows.count, weights: $1.expert.weightCount) }
    }

    /// Rows of the answer.
    var rowCount: Int { groups.reduce(0) { $0 + $1.rows.count } }
}
