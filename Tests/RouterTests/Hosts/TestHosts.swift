import Logging
import Messages
import NIOPosix
@testable import Router
import Transport

/// Hosts that nobody runs and nobody calls: what a table, a plan or a call is made of.
enum TestHosts {
    static func host(_ name: String, bandwidth: Int = 1 << 30) -> ExpertHostClient {
        let address = Address.unix(path: "/nowhere/\(name).sock")
        let announcement = AnnounceRequest(
            name: name, instance: instance(name), address: "\(address)", modelFingerprint: "f", kernels: "scalar", threads: 1, draining: false,
            arithmetic: "exact", memoryBytes: 1 << 30, readBandwidth: bandwidth, machine: "m")
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return ExpertHostClient(announcement, address: address, rpc: RPCClient(address: address, group: MultiThreadedEventLoopGroup.singleton, logger: logger))
    }

    static func instance(_ name: String) -> String { "\(name)-instance" }

    /// `layers` layers of `experts` equal experts.
    static func inventory(layers: Int, experts: Int, byteCount: Int = 800) -> ExpertInventory {
        ExpertInventory(layers: (0 ..< layers).map { _ in (0 ..< experts).map { _ in ExpertInventory.Expert(byteCount: byteCount, slicesMax: 8) } })
    }

    /// Every dyadic slice.
    static let slices = ExpertSlice.counts.flatMap { count in (0 ..< count).map { ExpertSlice(index: $0, of: count) } }

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
