internal import AdminMessages

extension AttentionReport {
    /// The services of the replica that most sequences live on, of equals of the first one; none where there are no
    /// sequences.
    var busiest: [Member] {
        let most = members.map(\.sequences).max() ?? 0
        let replicas = members.filter { $0.sequences == most }.compactMap(\.replica)
        guard most > 0, let replica = replicas.min() else { return [] }
        return members.filter { $0.replica == replica }
    }

    /// How many sequences live on the service with this name.
    func sequences(on name: String) -> Int { members.first { $0.name == name }?.sequences ?? 0 }
}
