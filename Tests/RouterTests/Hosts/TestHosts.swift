import Logging
import Messages
import NIOPosix
import Transport

@testable import Router

/// Hosts that nobody runs and nobody calls: what a table, a plan or a call is made of.
enum TestHosts {
    static let fingerprint = "f", arithmetic = "exact"

    static func host(_ name: String, bandwidth: Int = 1 << 30) -> ExpertHostClient {
        let request = announcement(name, bandwidth: bandwidth), address = Address.unix(path: "/nowhere/\(name).sock")
        let member = Member(
            request, number: 1, role: .expertHost, address: address, inventory: inventory(layers: 1, experts: 1),
            at: .zero)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let rpc = RPCClient(address: address, group: MultiThreadedEventLoopGroup.singleton, logger: logger)
        return ExpertHostClient(member, rpc: rpc)
    }

    static func instance(_ name: String) -> String { "\(name)-instance" }

    /// What a host says of itself; by default what a sound one would.
    static func announcement(
        _ name: String, instance: String? = nil, address: String? = nil, fingerprint: String = fingerprint,
        arithmetic: String = arithmetic, draining: Bool = false, memoryBytes: Int = 1 << 30,
        bandwidth: Int = 1 << 30, machine: String = "m", measurements: Int = 0, role: String = "expert-host"
    ) -> AnnounceRequest {
        AnnounceRequest(
            name: name, instance: instance ?? self.instance(name),
            address: address ?? "unix:/nowhere/\(name.prefix(20)).sock",
            modelFingerprint: fingerprint, kernels: "scalar", threads: 1, draining: draining, arithmetic: arithmetic,
            memoryBytes: memoryBytes, readBandwidth: bandwidth, machine: machine, bandwidthMeasurements: measurements,
            role: role)
    }

    /// `layers` layers of `experts` equal experts.
    static func inventory(layers: Int, experts: Int, byteCount: Int = 800) -> ExpertInventory {
        let expert = ExpertInventory.Expert(byteCount: byteCount, slicesMax: 8)
        return ExpertInventory(layers: Array(repeating: Array(repeating: expert, count: experts), count: layers))
    }

    /// Every dyadic slice.
    static let slices = ExpertSlice.counts.flatMap { count in
        (0 ..< count).map { ExpertSlice(index: $0, of: count) }
    }

    /// Any of the ways to cut a slice, finer ones as likely as coarser ones.
    static func randomCut(_ piece: ExpertPiece, _ random: inout RandomSource) -> [ExpertPiece] {
        guard Bool.random(using: &random), let (first, second) = piece.halves else { return [piece] }
        return randomCut(first, &random) + randomCut(second, &random)
    }
}

extension UnitMap {
    /// The same eighths of every expert of layer 0.
    init(_ inventory: ExpertInventory, all eighths: UInt8) {
        self.init(inventory)
        for expert in inventory.layers[0].indices { self[0, expert] = eighths }
    }
}
