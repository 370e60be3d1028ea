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
    let adminSocket: String
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
    var logLevel: String?
    /// Cores for each expert host, which then computes with as many threads; nil: all hosts share all cores.
    var hostCores: [[Int]]?

    /// The URL of its REST front.
    var url: String { "http://\(Address.tcp(host: reachableHost, port: port))" }

    /// Where a client on this machine reaches a front that listens on all addresses.
    private var reachableHost: String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: host
        }
    }

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
        func plan(_ role: ProcessPlan.Role, _ program: String, _ name: String, _ arguments: [String]) -> ProcessPlan {
            let common = ["--model", model, "--admin", "unix:\(sockets)/\(name).admin"]
                + (logLevel.map { ["--log-level", $0] } ?? []) + ["--exit-with-parent"]
            return ProcessPlan(
                role: role, name: name, program: "\(programs)/\(program)", arguments: arguments + common, adminSocket: "\(sockets)/\(name).admin")
        }
        let attention = plan(.attention, "attention", "attention", ["--listen", unix("attention"), "--threads", "\(threads)"] + computeFlags)
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
        let router = plan(
            .router, "router", "router",
            [
                "--attention", unix("attention"), "--control", unix("control"), "--expert-hosts", "\(expertHosts)",
                "--host", host, "--port", "\(port)",
            ] + routerFlags)
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
            guard files.isExecutableFile(atPath: ChildProcess.pinningProgram) else {
                throw StartError("\(ChildProcess.pinningProgram), which gives a process cores of its own, is not on this machine")
            }
        }
        _ = try await PortProbe.port(host: host, port: port, purpose: "--port")
    }

    /// The folder this program was started from, where its siblings are.
    static func ownFolder() throws -> String {
        do {
            let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            return String(program[..<(program.lastIndex(of: "/") ?? program.startIndex)])
        } catch {
            throw StartError("cannot tell where this program lies: \(error)")
        }
    }
}
