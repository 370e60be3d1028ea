internal import Cluster
internal import Messages
internal import NIOCore
internal import Transport

/// One expert host that announced itself.
struct ExpertHostClient: Sendable {
    let name: String
    /// Tells one run of a host from the next.
    let instance: String
    let address: Address
    let rpc: RPCClient
    private let dismissal: AsyncStream<Never>
    private let dismissed: AsyncStream<Never>.Continuation

    init(name: String, instance: String, address: Address, rpc: RPCClient) {
        (self.name, self.instance, self.address, self.rpc) = (name, instance, address, rpc)
        (dismissal, dismissed) = AsyncStream.makeStream()
    }

    /// The router wants nothing more of this host: its connection may go.
    func dismiss() { dismissed.finish() }

    func waitForDismissal() async { for await _ in dismissal {} }

    func run(_ request: ExpertRequest, timeout: TimeAmount) async throws -> ExpertResponse {
        do {
            return try await rpc.call(.runExperts, request, timeout: timeout)
        } catch where Task.isCancelled {
            throw CancellationError()
        } catch {
            throw ClusterError.expertHost(name, error)
        }
    }

    func assign(_ request: AssignRequest, timeout: TimeAmount) async throws(RPCError) -> AssignResponse {
        try await rpc.call(.assignExperts, request, timeout: timeout)
    }
}
