internal import Messages
internal import NIOCore
internal import Tensors

/// Sends a layer's token groups to the hosts that hold their experts, one call a host, and gives the outputs back in the order of the groups.
struct ExpertDispatch: Sendable {
    let hosts: ExpertHosts
    let timeout: TimeAmount

    /// - Parameter input: (tokens, D).
    /// - Returns: (members, D) for each group.
    func run(_ layer: Int, _ input: Tensor, _ groups: TokenGroups, _ meter: StepMeter) async throws -> [Tensor] {
        let plan = try await hosts.currentPlan()
        let calls = plan.calls(layer, groups)
        let requests = meter.time(.dispatch) { calls.map { $0.request(layer, input) } }
        let answers = try await meter.time(.experts) { try await ask(calls, requests, columns: input.columns) }
        return meter.time(.dispatch) { outputs(of: groups, calls, answers, columns: input.columns) }
    }

    /// The answers in the order of the calls, each with all rows that were asked for.
    private func ask(_ calls: [ExpertCall], _ requests: [ExpertRequest], columns: Int) async throws -> [[Float]] {
        try await withThrowingTaskGroup(of: (Int, [Float]).self) { tasks in
            for (index, (call, request)) in zip(calls, requests).enumerated() {
                tasks.addTask {
                    let response = try await call.host.run(request, timeout: timeout)
                    let expected = request.groups.reduce(0) { $0 + $1.rows.count } * columns
                    guard response.outputs.count == expected else {
                        throw ClusterError.answer(from: call.host.name, "\(response.outputs.count) values, expected \(expected)")
                    }
                    return (index, response.outputs)
                }
            }
            var answers = [[Float]](repeating: [], count: calls.count)
            for try await (index, values) in tasks { answers[index] = values }
            return answers
        }
    }

    private func outputs(of groups: TokenGroups, _ calls: [ExpertCall], _ answers: [[Float]], columns: Int) -> [Tensor] {
        var outputs = [Tensor?](repeating: nil, count: groups.groups.count)
        for (call, values) in zip(calls, answers) {
            var first = 0
            for group in call.groups {
                let count = groups.groups[group].members.count * columns
                outputs[group] = Tensor(columns: columns, values: Array(values[first ..< first + count]))
                first += count
            }
        }
        return outputs.compactMap { $0 }            // each group is in one call
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
