internal import Messages
internal import Tensors

/// The rows of a batch by the expert that computes them, in ascending order of experts: the order in which they are added.
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

    /// - Parameter sharedExpert: number of the expert that sees every row, where the layer has one; it comes last.
    init(_ routes: [[Route]], sharedExpert: Int?) {
        var byExpert: [Int: Group] = [:]
        for (row, routes) in routes.enumerated() {
            for route in routes {
                byExpert[route.expert, default: Group(expert: route.expert, members: [])].members.append(Member(row: row, weight: route.weight))
            }
        }
        var groups = byExpert.values.sorted { $0.expert < $1.expert }
        if let sharedExpert {
            groups.append(Group(expert: sharedExpert, members: routes.indices.map { Member(row: $0, weight: 1) }))
        }
        self.groups = groups
        rowCount = routes.count
    }
}
