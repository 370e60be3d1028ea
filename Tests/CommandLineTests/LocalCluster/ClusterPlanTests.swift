import ArgumentParser
import Console
import Foundation
import Testing
import Transport

@testable import LocalCluster

@Suite("Cluster plan") struct ClusterPlanTests {
    private let plan = ClusterPlan(
        model: "/m", expertHosts: 3, host: "0.0.0.0", port: 80, threads: 8, computeFlags: ["--arithmetic", "fast"],
        routerFlags: ["--sequences-max", "9"], logLevel: "debug")

    @Test("attention, the expert hosts and the router get the flags that they have in common and their own")
    func arguments() {
        let processes = plan.processes(sockets: "/s", programs: "/p")
        #expect(processes.map(\.name) == ["attention", "expert-host-1", "expert-host-2", "expert-host-3", "router"])
        #expect(
            processes[0].arguments == [
                "--listen", "unix:/s/attention.sock", "--router", "unix:/s/control.sock", "--name", "attention",
                "--threads", "8", "--arithmetic", "fast",
                "--model", "/m", "--admin", "unix:/s/attention.admin", "--drain-seconds", "20", "--log-level", "debug",
                "--exit-with-parent",
            ])
        #expect(processes[2].program == "/p/expert-host")
        #expect(
            processes[2].arguments == [
                "--listen", "unix:/s/expert-host-2.sock", "--router", "unix:/s/control.sock", "--name", "expert-host-2",
                "--threads", "8", "--arithmetic", "fast",
                "--model", "/m", "--admin", "unix:/s/expert-host-2.admin", "--drain-seconds", "20", "--log-level",
                "debug",
                "--exit-with-parent",
            ])
        #expect(
            processes[4].arguments == [
                "--control", "unix:/s/control.sock", "--attention-hosts", "1", "--expert-hosts", "3",
                "--host", "0.0.0.0", "--port", "80",
                "--sequences-max", "9",
                "--model", "/m", "--admin", "unix:/s/router.admin", "--drain-seconds", "20", "--log-level", "debug",
                "--exit-with-parent",
            ])
    }

    /// What stands behind a flag.
    private func value(_ flag: String, of process: ProcessPlan) -> String? {
        process.arguments.firstIndex(of: flag).map { process.arguments[$0 + 1] }
    }

    @Test("the folder of states is attention's alone")
    func statesFolder() {
        var kept = plan
        kept.statesFolder = "/d"
        let processes = kept.processes(sockets: "/s", programs: "/p")
        #expect(value("--states-folder", of: processes[0]) == "/d")
        #expect(processes.dropFirst().allSatisfy { value("--states-folder", of: $0) == nil })
    }

    @Test("several attention services have names, sockets and folders of states of their own, and one control address")
    func attentionServices() {
        var several = plan
        (several.attentionHosts, several.statesFolder) = (3, "/d/states")
        let processes = several.processes(sockets: "/s", programs: "/p", readBandwidth: 6 * 1_073_741_824)
        let attention = processes.filter { $0.role == .attention }
        #expect(attention.map(\.name) == ["attention", "attention-2", "attention-3"])
        #expect(processes.count == 7 && processes.last?.role == .router)
        #expect(
            attention.map { value("--listen", of: $0) } == attention.map { "unix:/s/\($0.name).sock" })
        #expect(Set(attention.map(\.admin)).count == 3)
        #expect(attention.allSatisfy { value("--router", of: $0) == "unix:/s/control.sock" })
        #expect(attention.map { value("--name", of: $0) } == attention.map(\.name))
        #expect(
            attention.map { value("--states-folder", of: $0) } == ["/d/states", "/d/states-2", "/d/states-3"],
            "the first has the name and the folder that a single one has")
        #expect(processes.dropLast().allSatisfy { value("--read-bandwidth-mib", of: $0) == "2048" })
    }

    @Test("how many attention services there are is said by either flag, and has limits")
    func attentionHosts() throws {
        func count(_ arguments: String...) throws -> Int {
            try ClusterOptions.parse(arguments).plan(model: "/m", host: "h", port: 1).attentionHosts
        }
        #expect(try count() == 1)
        #expect(try count("--attention", "3") == 3)
        #expect(try count("--attention-hosts", "256") == 256)
        for bad in ["0", "257"] {
            let error = #expect(throws: (any Error).self) { try ClusterOptions.parse(["--attention", bad]) }
            #expect(error.map { ClusterOptions.fullMessage(for: $0) }?.contains("'--attention-hosts'") == true)
        }
    }

    @Test("expert hosts that have cores of their own compute with as many threads, on those cores alone")
    func cores() throws {
        var pinned = plan
        pinned.hostCores = [[0, 1], [2, 3], [6, 7]]
        let processes = pinned.processes(sockets: "/s", programs: "/p")
        #expect(processes.map(\.cores) == [nil, [0, 1], [2, 3], [6, 7], nil])
        let threads = try #require(processes[3].arguments.firstIndex(of: "--threads"))
        #expect(processes[3].arguments[threads + 1] == "2")
        let child = ChildProcess(plan: processes[3], logFile: "/l")
        #expect(child.program == ChildProcess.pinningProgram)
        #expect(child.arguments == ["-c", "6,7", "/p/expert-host"] + processes[3].arguments)
        #expect(ChildProcess(plan: processes[0], logFile: "/l").program == "/p/attention")
    }

    @Test("the router's further flags come after those that the command needs")
    func routerFlags() throws {
        let options = try ClusterOptions.parse(["--router-flags", "--sequences-max 16  --queue-max 2"])
        let plan = options.plan(model: "/m", host: "h", port: 1, routerFlags: ["--sequences-max", "8"])
        #expect(
            plan.routerFlags
                == [
                    "--arithmetic", "exact", "--kv", "f32", "--sequences-max", "8", "--sequences-max", "16",
                    "--queue-max", "2",
                ])
        #expect(
            try ClusterOptions.parse([]).plan(model: "/m", host: "h", port: 1).routerFlags
                == ["--arithmetic", "exact", "--kv", "f32"])
    }

    @Test("how keys and values are stored is told to the router and to attention, and not to expert hosts")
    func keyValues() throws {
        let plan = try ClusterOptions.parse(["--kv", "bf16"]).plan(model: "/m", host: "h", port: 1)
        let processes = plan.processes(sockets: "/s", programs: "/p")
        #expect(processes.map(\.role) == [.attention, .expertHost, .expertHost, .router])
        #expect(processes.map { value("--kv", of: $0) } == ["bf16", nil, nil, "bf16"])
        #expect(throws: (any Error).self) { try ClusterOptions.parse(["--kv", "int8"]) }
        #expect(throws: (any Error).self) { try ClusterOptions.parse(["--router-flags", "--kv bf16"]) }
    }

    @Test("the URL is one that a client on this machine can use")
    func url() {
        #expect(plan.url == "http://127.0.0.1:80")
        #expect(ClusterPlan(model: "", expertHosts: 1, host: "::", port: 1).url == "http://[::1]:1")
    }

    @Test("a folder without a checkpoint or without programs is refused before anything starts")
    func check() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "plan-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let plan = ClusterPlan(model: folder, expertHosts: 1, host: "127.0.0.1", port: 0)
        let none = await #expect(throws: StartError.self) { try await plan.check(programs: folder) }
        #expect(none?.description == "\(folder) is no checkpoint: it has no config.json")
        _ = FileManager.default.createFile(atPath: "\(folder)/config.json", contents: nil)
        let missing = await #expect(throws: StartError.self) { try await plan.check(programs: folder) }
        #expect(missing?.description.contains("has no program attention") == true)
    }

    @Test("the router's admin address may be one that others reach; the cluster itself asks it on this machine")
    func admin() throws {
        var plan = plan
        (plan.admin, plan.drainSeconds) = (.tcp(host: "0.0.0.0", port: 9090), 3)
        let processes = plan.processes(sockets: "/s", programs: "/p")
        #expect(processes[4].arguments.contains(["--admin", "0.0.0.0:9090", "--drain-seconds", "3"]))
        #expect(processes[4].admin == .tcp(host: "127.0.0.1", port: 9090))
        #expect(processes[0].admin == .unix(path: "/s/attention.admin"))
    }

    @Test("a port in use is named; a free one is found")
    func ports() async throws {
        let error = await #expect(throws: StartError.self) {
            _ = try await ScriptedServer.run(.init(pieces: [])) { address in
                guard case .tcp(let host, let port) = address else { return 0 }
                return try await PortProbe.port(host: host, port: port, purpose: "--port")
            }
        }
        let expected = /--port 127\.0\.0\.1:\d+ is already in use; is this program running already\?/
        #expect(error?.description.wholeMatch(of: expected) != nil)
        let foreign = await #expect(throws: StartError.self) {
            _ = try await PortProbe.port(host: "192.0.2.1", port: 0, purpose: "--port", hostPurpose: "--host")
        }
        #expect(foreign?.description == "--host 192.0.2.1:0 does not belong to this machine")
        let free = try await PortProbe.port(host: "127.0.0.1", port: 0, purpose: "--port")
        #expect(free > 0)
    }

    @Test("the folder for sockets is this user's alone, short enough, and goes away")
    func folder() throws {
        let folder = try SocketFolder(environment: ["XDG_RUNTIME_DIR": "/no/such/folder"])
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o700)
        #expect(folder.path.hasPrefix("/tmp/minimax-"))
        #expect(FileManager.default.fileExists(atPath: folder.logs))
        folder.remove()
        #expect(!FileManager.default.fileExists(atPath: folder.path))
        let long = "/tmp/" + String(repeating: "x", count: 90)
        try FileManager.default.createDirectory(atPath: long, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: long) }
        let short = try SocketFolder(environment: ["XDG_RUNTIME_DIR": long])
        #expect(short.path.hasPrefix("/tmp/minimax-"))
        short.remove()
    }

    @Test("what a killed process has left goes with the next start, and nothing else")
    func abandoned() throws {
        let manager = FileManager.default, parent = "/tmp/mm-\(UUID().uuidString.prefix(8))"
        func isThere(_ name: String) -> Bool { manager.fileExists(atPath: "\(parent)/\(name)") }
        try manager.createDirectory(atPath: parent, withIntermediateDirectories: true)
        defer { try? manager.removeItem(atPath: parent) }
        let inUse = try SocketFolder(environment: ["XDG_RUNTIME_DIR": parent])
        #expect(inUse.path.hasPrefix(parent))
        for (name, file) in [
            ("minimax-killed", "cluster.lock"), ("minimax-mylogs", "lock"), ("minimax-states-abcdef", "cluster.lock"),
            ("other", "cluster.lock"),
        ] {
            try manager.createDirectory(atPath: "\(parent)/\(name)/log", withIntermediateDirectories: true)
            try Data().write(to: URL(filePath: "\(parent)/\(name)/\(file)"))
        }
        let next = try SocketFolder(environment: ["XDG_RUNTIME_DIR": parent])
        #expect(!isThere("minimax-killed"))
        #expect(isThere("minimax-mylogs") && isThere("minimax-states-abcdef") && isThere("other"))
        #expect(manager.fileExists(atPath: inUse.logs) && manager.fileExists(atPath: next.logs))
        withExtendedLifetime((inUse, next)) {}
    }
}
