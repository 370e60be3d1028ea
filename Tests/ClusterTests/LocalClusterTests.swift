@testable import CommandLineTool
import Foundation
@testable import Router
import Testing
@testable import Transport

/// `minimax up` as a person runs it: what it starts, what that costs, and that nothing of it stays behind.
@Suite("minimax up", .serialized) struct LocalClusterTests {
    /// A running `minimax up` and its children.
    struct Up {
        let process: ServiceProcess
        let rest: RESTClient
        let children: [Int32]
        let folder: String

        static func with(expertHosts: Int = 2, body: (Up) async throws -> Void) async throws {
            try await Paths.withFolder { folder in
                let port = try await TestPort.free()
                let process = try ServiceProcess(
                    "minimax", ["up", "--model", Paths.demo, "--expert-hosts", "\(expertHosts)", "--port", "\(port)"], folder: folder,
                    stopsWithInput: false, environment: ["XDG_RUNTIME_DIR": folder])
                let result: Result<Void, any Error>
                do {
                    try await eventually("minimax up is ready") {
                        if !process.isRunning { throw SupportError("it ended with status \(process.exitStatus)") }
                        return process.log.contains("Ready after")
                    }
                    let up = Up(process: process, rest: RESTClient(.tcp(host: "127.0.0.1", port: port)), children: Processes.children(of: process.processID), folder: folder)
                    result = .success(try await body(up))
                } catch {
                    result = .failure(SupportError("\(error)\n\(process.log)"))
                }
                await process.stop()
                try result.get()
            }
        }

        func ask() async throws -> RESTClient.Answer {
            try await rest.post(RESTCluster.chatPath, json: Array(RESTCluster.chatBody("Who are you?", maxTokens: 8).text().utf8), limits: .init(total: .seconds(60)))
        }

        /// Folders for sockets that exist now.
        var socketFolders: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasPrefix("minimax-") } }
    }

    @Test("it starts one attention, the expert hosts and one router, which answer; idle, none holds 60 MB beside the weights")
    func memory() async throws {
        try await Up.with(expertHosts: 3) { up in
            #expect(up.children.map(Processes.name).sorted() == ["attention", "expert-host", "expert-host", "expert-host", "router"])
            #expect(try await up.ask().status == 200)
            for child in up.children + [up.process.processID] {
                let own = try #require(Processes.memory(child, "RssAnon"))
                #expect(own < 60 << 20, "\(Processes.name(child)) holds \(own >> 20) MiB")
            }
        }
    }

    @Test("Ctrl-C takes everything down, in order and without a trace")
    func interrupt() async throws {
        try await Up.with { up in
            #expect(up.children.count == 4)
            #expect(up.socketFolders.count == 1)
            up.process.signal(SIGINT)
            await up.process.waitForExit()
            #expect(up.process.exitStatus == 0)
            #expect(up.process.log.contains("Stopped."))
            #expect(up.children.filter(Processes.isAlive) == [])
            #expect(up.socketFolders == [])
        }
    }

    @Test("a second Ctrl-C in the middle of an answer ends everything at once")
    func interruptTwice() async throws {
        try await Up.with { up in
            async let answer = up.rest.post(
                RESTCluster.chatPath, json: Array(FailureTests.longBody.text().utf8), limits: .init(total: .seconds(60)))
            try await Task.sleep(for: .milliseconds(300))
            up.process.signal(SIGINT)
            try await eventually("the first Ctrl-C is noticed") { up.process.log.contains("Stopping") }
            up.process.signal(SIGINT)
            await up.process.waitForExit()
            #expect(up.children.filter(Processes.isAlive) == [])
            #expect((try? await answer)?.status != 200)
        }
    }

    @Test("killed outright, it still leaves no process behind")
    func killed() async throws {
        try await Up.with { up in
            #expect(up.children.count == 4)
            up.process.signal(SIGKILL)
            await up.process.waitForExit()
            try await eventually("all children have ended", within: .seconds(60)) { up.children.allSatisfy { !Processes.isAlive($0) } }
        }
    }

    @Test("an expert host that dies is reported, and the cluster goes on without it; the last one takes it down with status 1")
    func expertHostDies() async throws {
        try await Up.with { up in
            let experts = up.children.filter { Processes.name($0) == "expert-host" }
            kill(experts[0], SIGKILL)
            try await eventually("the loss is reported") { up.process.log.contains("the cluster goes on with 1 expert host") }
            try await eventually("the survivor answers") { try await up.ask().status == 200 }
            kill(experts[1], SIGKILL)
            await up.process.waitForExit()
            #expect(up.process.exitStatus == 1)
            #expect(up.process.log.contains("it was the last expert host"))
            #expect(up.children.filter(Processes.isAlive) == [])
        }
    }
}
