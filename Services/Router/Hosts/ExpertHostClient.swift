internal import Cluster
internal import Messages
internal import NIOCore
internal import Transport

/// One run of an expert host, as it announced itself.
struct ExpertHostClient: Sendable {
    let name: String
    /// Tells one run of a host from the next.
    let instance: String
    let address: Address
    let kind: HostSpeeds.Kind
    /// Tells which files it reads, on which machine.
    let weightsCopy: String
    /// For weights, in bytes.
    let memoryBytes: Int
    /// Bytes a second, as it said when it came: what its calls are expected to take. What it is taken for by plans is with `HostSpeeds`.
    let bandwidth: Double
    let rpc: RPCClient
    let health: HostHealth
    private let dismissal: AsyncStream<Never>
    private let dismissed: AsyncStream<Never>.Continuation
    /// News of what the host shall hold.
    let bell: AsyncStream<Void>
    private let rung: AsyncStream<Void>.Continuation

    init(_ request: AnnounceRequest, address: Address, rpc: RPCClient) {
        (name, instance) = (request.name, request.instance)
        kind = HostSpeeds.Kind(machine: request.machine, kernels: request.kernels, threads: request.threads)
        weightsCopy = request.weightsCopy
        (memoryBytes, bandwidth) = (request.memoryBytes, Double(request.readBandwidth))
        (self.address, self.rpc) = (address, rpc)
        health = HostHealth(of: request.name)
        (dismissal, dismissed) = AsyncStream.makeStream()
        (bell, rung) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The router wants nothing more of this host: its connection may go.
    func dismiss() { dismissed.finish() }

    func waitForDismissal() async { for await _ in dismissal {} }

    func ring() { rung.yield() }
}
