internal import Messages
internal import NIOCore
internal import Transport
internal import TypedCalls

/// Asks hosts for what they have to do, and compares what they have read with what they should have read.
struct HostErrands: Sendable {
    enum Answer: Sendable {
        case kept
        case loaded([ExpertUnit])
        /// What it has read is not the model.
        case damaged(String)
        /// The router is stopping.
        case stopping
    }

    /// The router's own name: what a host holds for another router is no business of this one.
    let router: String
    /// Of the router's checkpoint.
    let fingerprint: String
    /// What hosts must have read.
    let proof: WeightProof

    /// - Throws: where the host does not do it.
    func run(
        _ errand: Membership.Errand, at host: ExpertHostClient, planVersion: Int
    ) async throws(RPCError) -> Answer {
        switch errand {
        case .keep(let units):
            let request = RetainRequest(router: router, units: units)
            _ = try await host.rpc.call(.retainExperts, request, timeout: Self.timeout)
            return .kept
        case .load(let units): return try await load(units, host, planVersion)
        }
    }

    private func load(
        _ units: [ExpertUnit], _ host: ExpertHostClient, _ planVersion: Int
    ) async throws(RPCError) -> Answer {
        let isProven = !proof.isNeeded(of: host.weightsCopy)
        let request = HoldRequest(
            router: router, modelFingerprint: fingerprint, planVersion: planVersion, units: units,
            withDigests: !isProven)
        async let expected = isProven ? nil : try? proof.expected(units)        // read meanwhile
        let answer = try await host.rpc.call(.holdExperts, request, timeout: Self.timeout)
        if isProven { return .loaded(units) }
        guard let expected = await expected else { return .stopping }
        return proof.fault(answer.digests, expected).map { .damaged($0) } ?? .loaded(units)
    }

    /// A disk may be slow.
    private static let timeout = TimeAmount.seconds(120)
}
