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

    let hidden: Tensor          // (rows, D)
    let groups: [Group]

    /// Rows of the answer.
    var rowCount: Int { groups.reduce(0) { $0 + $1.rows.count } }
}
