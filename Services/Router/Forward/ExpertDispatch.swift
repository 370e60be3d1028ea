internal import Messages
internal import NIOCore
internal import Tensors

/// Sends a layer's token groups to the hosts that hold their experts, one call a host, and gives the outputs back in the order of the groups.
struct ExpertDispatch: Sendable {
    let hosts: ExpertHosts
    let timeout: TimeAmount

    /// - Parameter input: (tokens, D).
    /// - Returns: (members, D) for each group.
    func run(_ layer: Int, _ input: Tensor, _ groups: TokenGroups) async throws -> [Tensor] {
        let plan = try await hosts.currentPlan()
        let calls = plan.calls(layer, groups)
        return try await withThrowingTaskGroup(of: (Int, [Float]).self) { tasks in
            for (index, call) in calls.enumerated() {
                tasks.addTask {
                    let request = call.request(layer, input)
                    let response = try await call.host.run(request, timeout: timeout)
                    let expected = request.groups.reduce(0) { $0 + $1.rows.count } * input.columns
                    guard response.outputs.count == expected else {
                        throw ClusterError.answer(from: call.host.name, "\(response.outputs.count) values, expected \(expected)")
                    }
                    return (index, response.outputs)
                }
            }
            var outputs = [Tensor?](repeating: nil, count: groups.groups.count)
            for try await (index, values) in tasks {
                var first = 0
                for group in calls[index].groups {
                    let count = groups.groups[group].members.count * input.columns
                    outputs[group] = Tensor(columns: input.columns, values: Array(values[first ..< first + count]))
                    first += count
                }
            }
            return outputs.compactMap { $0 }            // each group is in one call, and each call answered or threw
        }
    }
}

/// What one host is asked for one layer.
struct ExpertCall: Sendable {
    let host: ExpertHostClient
    /// Indices into the layer's groups, ascending.
    var groups: [Int]
    /// The groups themselves.
    var members: [TokenGroups.Group]

    /// The rows this host needs, each once, and its groups in terms of them.
    func request(_ layer: Int, _ input: Tensor) -> ExpertRequest {
        let rows = Set(members.flatMap { $0.members.map(\.row) }).sorted()
        let places = Dictionary(uniqueKeysWithValues: zip(rows, UInt32(0)...))
        let hidden = rows.count == input.rows ? input.values : rows.flatMap { input.row($0) }
        return ExpertRequest(
            layer: layer, hidden: hidden,
            groups: members.map { group in TokenGroup(expert: group.expert, rows: group.members.map { places[$0.row, default: 0] }) })
    }
}
