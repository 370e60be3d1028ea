internal import Messages
internal import Tensors

/// The rows of a batch by the expert that computes them, in ascending order of experts: the order in which they are
/// added.
struct TokenGroups: Sendable {
    struct Member: Sendable, Equatable {
        let row: Int
        let weight: Float
    }
    struct Group: Sendable, Equatable {
        let expert: Int
        /// In ascending order of rows.
        var members: [Member]
    }

    let groups: [Group]
    let rowCount: Int
    /// Uses of experts that their capacity did not allow.
    let droppedCount: Int

    /// - Parameters:
    ///   - sharedExpert: number of the expert that sees every row, where the layer has one; it comes last.
    ///   - capacity: most rows that a routed expert takes; the later ones do without it, as in GShard (arXiv
    ///     2006.16668, section 2.2). Nil: as many as come.
    init(_ routes: [[Route]], sharedExpert: Int?, capacity: Int? = nil) {
        var byExpert: [Int: Group] = [:]
        for (row, routes) in routes.enumerated() {
            for route in routes {
                byExpert[route.expert, default: Group(expert: route.expert, members: [])]
                    .members.append(Member(row: row, weight: route.weight))
            }
        }
        var groups = byExpert.values.sorted { $0.expert < $1.expert }
        var dropped = 0
        if let capacity {
            for index in groups.indices where groups[index].members.count > capacity {
                dropped += groups[index].members.count - capacity
                groups[index].members.removeLast(groups[index].members.count - capacity)
            }
        }
        droppedCount = dropped
        if let sharedExpert {
            groups.append(Group(expert: sharedExpert, members: routes.indices.map { Member(row: $0, weight: 1) }))
        }
        self.groups = groups
        rowCount = routes.count
    }
}
