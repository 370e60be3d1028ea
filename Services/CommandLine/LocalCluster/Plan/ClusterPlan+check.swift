internal import Console
internal import Foundation
internal import Transport

extension ClusterPlan {
    /// Looks for what can be seen to be wrong before anything is started.
    ///
    /// - Throws: `StartError` when the checkpoint, a program or the port is not there to be used.
    func check(programs: String) async throws {
        guard (1 ... 256).contains(expertHosts) else {
            throw StartError("--expert-hosts is \(expertHosts); a cluster here has 1 to 256")
        }
        guard (1 ... 256).contains(attentionHosts) else {
            throw StartError("--attention-hosts is \(attentionHosts); a cluster here has 1 to 256")
        }
        let files = FileManager.default
        guard files.fileExists(atPath: "\(model)/config.json") else {
            throw StartError("\(model) is no checkpoint: it has no config.json")
        }
        for program in ["attention", "expert-host", "router"]
        where !files.isExecutableFile(atPath: "\(programs)/\(program)") {
            throw StartError(
                "\(programs) has no program \(program) beside minimax; build them all with: swift build -c release")
        }
        try checkCores()
        _ = try await PortProbe.port(host: host, port: port, purpose: "--port", hostPurpose: "--host")
        if case .tcp(let host, let port)? = admin {
            _ = try await PortProbe.port(host: host, port: port, purpose: "--admin")
        }
    }

    private func checkCores() throws {
        if let hostCores, hostCores.count != expertHosts {
            throw StartError("cores are given for \(hostCores.count) expert hosts, expected \(expertHosts)")
        }
        if let attentionCores, attentionCores.count != attentionHosts {
            throw StartError(
                "cores are given for \(attentionCores.count) attention services, expected \(attentionHosts)")
        }
        guard hostCores != nil || attentionCores != nil || routerCores != nil else { return }
        let program = ChildProcess.pinningProgram
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw StartError("\(program), which gives a process cores of its own, is not on this machine")
        }
    }

    /// The folder this program was started from, where its siblings are.
    ///
    /// - Throws: `StartError` where the system does not tell.
    package static func ownFolder() throws -> String {
        do {
            let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            return String(program[..<(program.lastIndex(of: "/") ?? program.startIndex)])
        } catch {
            throw StartError("cannot tell where this program lies: \(plainWords(of: error))")
        }
    }
}
