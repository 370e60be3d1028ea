internal import Cluster
internal import Foundation
internal import Transport

/// One process of a cluster on this machine: what to start, and where it tells how it is.
struct ProcessPlan: Sendable, Equatable {
    enum Role: Sendable { case attention, expertHost, router }
    let role: Role
    let name: String
    let program: String
    let arguments: [String]
    let admin: Address
    /// The cores that it may use; nil: all that this process may.
    var cores: [Int]?
}

/// A cluster on this machine: one attention process, some expert hosts and the router, over Unix sockets in one folder.
struct ClusterPlan: Sendable {
    var model: String
    var expertHosts: Int
    var host: String
    var port: Int
    /// Compute threads for a process that has the machine to itself; nil: as many as there are cores.
    var threads: Int?
    /// Flags of the processes that compute.
    var computeFlags: [String] = []
    var routerFlags: [String] = []
    /// The router's admin address; nil: a Unix socket, as the others have.
    var admin: Address?
    /// What each process has for what is under way, once it is told to stop.
    var drainSeconds = ServiceOptions.drainSecondsDefault
    var logLevel: String?
    /// Cores for each expert host, which then computes with as many threads; nil: all hosts share all cores.
    var hostCores: [[Int]]?
    /// The same for attention, and for the router.
    var attentionCores: [Int]?, routerCores: [Int]?

    /// Gives each process cores of its own.
    ///
    /// - Parameter cores: those that there are.
    /// - Throws: `StartError` where they are too few.
    mutating func divide(_ cores: [Int]) throws {
        guard let division = CoreDivision(cores, expertHosts: expertHosts) else {
            throw StartError(
                "--pin-cores: \(expertHosts) expert hosts, attention and the router need \(expertHosts + 2) cores, this process may use \(cores.count)")
        }
        (routerCores, attentionCores, hostCores) = (division.router, division.attention, division.hosts)
    }

    /// The URL of its REST front.
    var url: String { "http://\(Address.tcp(host: host, port: port).reachable)" }

    /// The processes, the router last.
    ///
    /// Attention and experts take turns in every layer, and which hosts a token needs changes from layer to layer: each process gets all threads,
    /// and lets go of a core when it has nothing to do.
    ///
    /// - Parameters:
    ///   - sockets: the folder for the Unix sockets.
    ///   - programs: the folder of `attention`, `expert-host` and `router`.
    ///   - readBandwidth: bytes a second that the hosts read from memory together; they are equal, whatever each would measure. Nil: they measure.
    func processes(sockets: String, programs: String, readBandwidth: Double? = nil) -> [ProcessPlan] {
        let threads = threads ?? Machine.coreCount
        func unix(_ name: String) -> String { "unix:\(sockets)/\(name).sock" }
        func plan(_ role: ProcessPlan.Role, _ program: String, _ name: String, _ arguments: [String], admin: Address? = nil) -> ProcessPlan {
            let admin = admin ?? .unix(path: "\(sockets)/\(name).admin")
            let common = ["--model", model, "--admin", "\(admin)", "--drain-seconds", "\(drainSeconds)"]
                + (logLevel.map { ["--log-level", $0] } ?? []) + ["--exit-with-parent"]
            return ProcessPlan(role: role, name: name, program: "\(programs)/\(program)", arguments: arguments + common, admin: admin.reachable)
        }
        var attention = plan(
            .attention, "attention", "attention",
            ["--listen", unix("attention"), "--threads", "\(attentionCores?.count ?? threads)"] + computeFlags)
        attention.cores = attentionCores
        let experts = (1...expertHosts).map { number in
            let name = "expert-host-\(number)", cores = hostCores?[number - 1]
            var host = plan(
                .expertHost, "expert-host", name,
                [
                    "--listen", unix(name), "--router", unix("control"), "--name", name,
                    "--threads", "\(cores?.count ?? threads)",
                ] + (readBandwidth.map { ["--read-bandwidth-mib", "\(max(1, Int($0) / (expertHosts << 20)))"] } ?? []) + computeFlags)
            host.cores = cores
            return host
        }
        var router = plan(
            .router, "router", "router",
            [
                "--attention", unix("attention"), "--control", unix("control"), "--expert-hosts", "\(expertHosts)",
                "--host", host, "--port", "\(port)",
            ] + routerFlags, admin: admin)
        router.cores = routerCores
        return [attention] + experts + [router]
    }

    /// What can be seen to be wrong before anything is started.
    ///
    /// - Throws: `StartError` when the checkpoint, a program or the port is not there to be used.
    func check(programs: String) async throws {
        guard (1...256).contains(expertHosts) else { throw StartError("--expert-hosts is \(expertHosts); a cluster here has 1 to 256") }
        let files = FileManager.default
        guard files.fileExists(atPath: "\(model)/config.json") else {
            throw StartError("\(model) is no checkpoint: it has no config.json")
        }
        for program in ["attention", "expert-host", "router"] where !files.isExecutableFile(atPath: "\(programs)/\(program)") {
            throw StartError("\(programs) has no program \(program) beside minimax; build them all with: swift build -c release")
        }
        if let hostCores {
            guard hostCores.count == expertHosts else { throw StartError("cores are given for \(hostCores.count) expert hosts, expected \(expertHosts)") }
        }
        if hostCores != nil || attentionCores != nil || routerCores != nil {
            guard files.isExecutableFile(atPath: ChildProcess.pinningProgram) else {
                throw StartError("\(ChildProcess.pinningProgram), which gives a process cores of its own, is not on this machine")
            }
        }
        _ = try await PortProbe.port(host: host, port: port, purpose: "--port", hostPurpose: "--host")
        if case .tcp(let host, let port)? = admin { _ = try await PortProbe.port(host: host, port: port, purpose: "--admin") }
    }

    /// The folder this program was started from, where its siblings are.
    static func ownFolder() throws -> String {
        do {
            let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            return String(program[..<(program.lastIndex(of: "/") ?? program.startIndex)])
        } catch {
            throw StartError("cannot tell where this program lies: \(plainWords(of: error))")
        }
    }
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
