internal import Checkpoint
internal import Tensors

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

extension ForwardPass {
    /// Adds the experts' outputs, each times its weight, in ascending order of experts; then the shared expert, where
    /// there is one.
    ///
    /// - Parameters:
    ///   - outputs: (members, D) for each group.
    ///   - input: what the experts were given, (tokens, D).
    func combine(_ outputs: [Tensor], _ groups: TokenGroups, _ input: Tensor, _ layer: RouterWeights.Layer) -> Tensor {
        var sum = Tensor(rows: groups.rowCount, columns: input.columns)
        for (group, output) in zip(groups.groups, outputs) where group.expert < weights.config.expertCount {
            for (index, member) in group.members.enumerated() {
                compute.addRow(index, of: output, times: member.weight, toRow: member.row, of: &sum)
            }
        }
        guard let coefficient = layer.sharedCoefficient, let shared = outputs.last else { return sum }
        switch weights.config.sharedExpertMode {
        case .softmax: return shared
        case .sigmoid:
            let shares = compute.linear(input, coefficient).values.map { 1 / (1 + exponential(-$0)) }
            var routedPart = sum, sharedPart = shared
            compute.scaleRows(&routedPart, by: shares.map { 1 - $0 })
            compute.scaleRows(&sharedPart, by: shares)
            return compute.addScaled(1, routedPart, 1, sharedPart)
        }
    }
}

func exponential(_ x: Float) -> Float { expf(x) }
