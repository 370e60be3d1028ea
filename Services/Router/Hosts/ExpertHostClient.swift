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
    let kernels: String
    /// Hosts of one machine say the same.
    let machine: String
    /// Tells which files it reads, on which machine.
    let weightsCopy: String
    /// For weights, in bytes.
    let memoryBytes: Int
    /// Bytes a second.
    let bandwidth: Double
    let rpc: RPCClient
    let health: HostHealth
    private let dismissal: AsyncStream<Never>
    private let dismissed: AsyncStream<Never>.Continuation
    /// News of what the host shall hold.
    let bell: AsyncStream<Void>
    private let rung: AsyncStream<Void>.Continuation

    init(_ request: AnnounceRequest, address: Address, rpc: RPCClient) {
        (name, instance, kernels, machine) = (request.name, request.instance, request.kernels, request.machine)
        weightsCopy = request.weightsCopy
        (memoryBytes, bandwidth) = (request.memoryBytes, Double(request.readBandwidth))
        (self.address, self.rpc) = (address, rpc)
        health = HostHealth(of: request.name)
        (dismissal, dismissed) = AsyncStream.makeStream()
        (bell, rung) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var offer: HostOffer { HostOffer(name: name, memoryBytes: memoryBytes, bandwidth: bandwidth) }

    /// The router wants nothing more of this host: its connection may go.
    func dismiss() { dismissed.finish() }

    func waitForDismissal() async { for await _ in dismissal {} }

    func ring() { rung.yield() }
}
