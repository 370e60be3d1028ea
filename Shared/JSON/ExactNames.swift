/// The names of one object so far.
struct ExactNames {
    private var names: Set<ExactName> = []        // filled only once a linear search would be slow

    /// Whether `name` is none of the names of `members`, each of which was asked for here before it was appended.
    mutating func isNew(_ name: String, after members: [JSONValue.Member]) -> Bool {
        if members.count < 8 { return !members.contains { $0.isNamed(name) } }
        if members.count == 8 { names = Set(members.map { ExactName($0.name) }) }
        return names.insert(ExactName(name)).inserted
    }
}
