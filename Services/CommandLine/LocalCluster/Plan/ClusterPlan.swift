internal import Console
internal import Flags
internal import Foundation
package import Transport

/// A cluster on this machine: attention services, expert hosts and the router, over Unix sockets in one folder.
package struct ClusterPlan: Sendable {
    /// The folder of the checkpoint.
    let model: String
    /// How many expert hosts there are.
    package let expertHosts: Int
    /// The address that the REST front listens on.
    package let host: String
    /// The port that the REST front listens on.
    let port: Int
    /// Compute threads for a process that has the machine to itself; nil: as many as there are cores.
    let threads: Int?
    /// Flags of the processes that compute.
    let computeFlags: [String]
    /// Flags of the router, beside those that hold the cluster together.
    let routerFlags: [String]
    /// The least severe level that the processes log; nil: their default.
    let logLevel: String?
    /// How many attention services there are.
    package var attentionHosts = 1
    /// Flags of the attention services, beside those of all processes that compute.
    var attentionFlags: [String] = []
    /// Where attention keeps states: each service after the first has this folder's name with its number behind it.
    /// Nil: they end with the cluster.
    package var statesFolder: String?
    /// The router's admin address; nil: a Unix socket, as the others have.
    package var admin: Address?
    /// How many seconds each process has for what is under way, once it is told to stop.
    package var drainSeconds = ServiceOptions.drainSecondsDefault
    /// Cores for each expert host, which then computes with as many threads; nil: all hosts share all cores.
    var hostCores: [[Int]]?
    /// Cores for each attention service, which then computes with as many threads; nil: all.
    var attentionCores: [[Int]]?
    /// Cores for the router; nil: all.
    var routerCores: [Int]?

    /// - Parameters:
    ///   - model: the folder of the checkpoint.
    ///   - host: the address that the REST front listens on.
    ///   - port: the port that the REST front listens on.
    ///   - threads: of each process that computes; nil: as many as there are cores.
    ///   - computeFlags: flags of the processes that compute.
    ///   - routerFlags: flags of the router, beside those that hold the cluster together.
    ///   - logLevel: the least severe level that the processes log; nil: their default.
    package init(
        model: String, expertHosts: Int, host: String, port: Int, threads: Int? = nil, computeFlags: [String] = [],
        routerFlags: [String] = [], logLevel: String? = nil
    ) {
        self.model = model
        self.expertHosts = expertHosts
        self.host = host
        self.port = port
        self.threads = threads
        self.computeFlags = computeFlags
        self.routerFlags = routerFlags
        self.logLevel = logLevel
    }

    /// Gives each process cores of its own.
    ///
    /// - Parameter cores: those that there are.
    /// - Throws: `StartError` where they are too few.
    package mutating func divide(_ cores: [Int]) throws {
        guard let division = CoreDivision(cores, expertHosts: expertHosts, attentionHosts: attentionHosts) else {
            let attention = attentionHosts == 1 ? "attention" : "\(attentionHosts) attention services"
            let count = expertHosts + attentionHosts + 1
            throw StartError(
                "--pin-cores: \(expertHosts) expert hosts, \(attention) and the router need \(count) cores, "
                    + "this process may use \(cores.count)")
        }
        (routerCores, attentionCores, hostCores) = (division.router, division.attention, division.hosts)
    }

    /// The URL of its REST front.
    package var url: String { "http://\(Address.tcp(host: host, port: port).reachable)" }
}

extension Address {
    /// Where a client on this machine reaches what listens here, be it on all addresses.
    var reachable: Address {
        switch self {
        case .tcp(host: "0.0.0.0", port: let port): .tcp(host: "127.0.0.1", port: port)
        case .tcp(host: "::", port: let port): .tcp(host: "::1", port: port)
        default: self
        }
    }
}
