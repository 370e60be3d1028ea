internal import Messages

/// Who holds which expert. A plan never changes; a change of hosts makes a new one with a higher version.
struct PlacementPlan: Sendable {
    let version: Int
    /// Ordered by name, so that equal sets of hosts give equal plans.
    let hosts: [ExpertHostClient]

    /// Whole experts, dealt round over the hosts; each layer begins with the next host, so that any number of hosts gets an equal share.
    func holder(of unit: ExpertUnit) -> Int { (unit.layer + unit.expert) % hosts.count }

    /// What host `index` shall hold of `units`.
    func units(of index: Int, among units: [ExpertUnit]) -> [ExpertUnit] { units.filter { holder(of: $0) == index } }

    /// One call for each host that holds any of the groups' experts.
    func calls(_ layer: Int, _ groups: TokenGroups) -> [ExpertCall] {
        var byHost: [Int: ExpertCall] = [:]
        for (index, group) in groups.groups.enumerated() {
            let host = holder(of: ExpertUnit(layer: layer, expert: group.expert))
            byHost[host, default: ExpertCall(host: hosts[host], groups: [], members: [])].groups.append(index)
            byHost[host]?.members.append(group)
        }
        return byHost.sorted { $0.key < $1.key }.map(\.value)
    }
}
