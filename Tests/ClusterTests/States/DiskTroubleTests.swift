import Foundation
import JSON
import Testing

@testable import ClusterClient
@testable import Router

/// Disks that are full or can only be read: clear words, no stream that stops, nothing that is lost.
@Suite("Disks in trouble", .serialized, .inTurn) struct DiskTroubleTests {
    @Test("kept states that cannot be written: a warning says why, every answer comes, later they are written")
    func states() async throws {
        for trouble in DiskTrouble.possible { try await states(trouble) }
    }

    private func states(_ trouble: DiskTrouble) async throws {
        try await Paths.withFolder { data in
            let folder = data + "/states"
            let setup = RESTCluster.Setup(
                attention: ["--states-folder", folder, "--memory-max-mib", "24", "--disk-max-mib", "48"],
                startedBy: ["attention": trouble.line(folder, mebibytes: 64)])
            try await RESTCluster.with(setup) { cluster in
                let attention = try cluster.process("attention")
                let prompts =
                    [PrefixPrompts.ids(2000, seed: 70)] + (0 ..< 12).map { PrefixPrompts.ids(400, seed: 71 + $0) }
                func answers() async throws -> [Int: Transcript] {
                    let all = try await inParallel(prompts.indices, atOnce: 4) { index in
                        (index, try await cluster.transcript(of: prompts[index], salt: "a", maxTokens: 24).transcript)
                    }
                    return Dictionary(uniqueKeysWithValues: all)
                }
                try await trouble.begin(attention.processID, folder)
                let first = try await answers()
                #expect(first.values.allSatisfy { $0.isDone && $0.tokens.count == 24 })
                _ = try await cluster.transcript(of: prompts[0], salt: "a", maxTokens: 1)        // and now it rests
                try await eventually("a warning") { attention.log.contains("states cannot be written to disk") }
                #expect(attention.log.contains(trouble.words), "\(attention.log)")
                expectSame(try await answers(), first)

                try await trouble.end(attention.processID, folder)
                _ = try await cluster.transcript(of: prompts[0], salt: "a", maxTokens: 1)
                try await eventually("states are written") {
                    try await cluster.metric("minimax_attention_states_on_disk", of: "attention") > 0
                }
                expectSame(try await answers(), first)
            }
        }
    }

    private func expectSame(_ answers: [Int: Transcript], _ first: [Int: Transcript]) {
        for (index, answer) in answers {
            let difference = first[index].map { answer.difference(from: $0) } ?? "no answer at first"
            #expect(difference == nil, "prompt \(index)")
        }
    }

    @Test("a folder of states that can only be read is refused at the start", .enabled(if: DiskTrouble.canMount))
    func readOnlyStates() async throws {
        try await Paths.withFolder { data in
            let line = """
                exec unshare -Urm bash -c 'mount -t tmpfs -o ro none "\(data)" && exec "$@"' bash "$@"
                """
            let run = try await Tool.run(
                "bash",
                [
                    "-c", line, "bash", try Paths.program("attention").path, "--model", Paths.demo, "--listen",
                    "unix:/tmp/none.sock", "--states-folder", data,
                ])
            #expect(run.status != 0)
            #expect(run.output.contains("--states-folder \(data) cannot be used: Read-only file system"), "\(run)")
        }
    }

    @Test("sessions that cannot be stored: 503 with the reason, streams come whole, what was stored stays")
    func records() async throws {
        for trouble in DiskTrouble.possible where trouble != .readOnly { try await records(trouble) }
    }

    private func records(_ trouble: DiskTrouble) async throws {
        try await Paths.withFolder { data in
            let folder = data + "/records"
            let setup = RESTCluster.Setup(
                router: ["--records", folder], startedBy: ["router": trouble.line(folder, mebibytes: 2)])
            try await RESTCluster.with(setup) { cluster in
                let made = try await cluster.post("/v1/sessions", ["prompt": .ids(PrefixPrompts.ids(500, seed: 5))])
                let id = try #require(made.json["id"]?.text)
                func shown() async throws -> JSONValue {
                    try await cluster.get("/v1/sessions/\(id)?include=token_ids,text").json.withoutStates
                }
                let before = try await shown()
                let router = try cluster.process("router").processID

                try await trouble.begin(router, folder)
                let refused = try await firstRefusal(cluster, id)
                let reason = trouble == .full ? "the disk is full" : "the disk reports an error"
                #expect(refused.status == 503 && refused.errorMessage.contains(reason), "\(refused.json.text())")
                try await expectAnswers(cluster, id)
                #expect(try await shown() == before)

                try await trouble.end(router, folder)
                let good = try await cluster.chat("And then?", [.init("session_id", .string(id))])
                #expect(good.status == 200, "\(good.json.text())")
                let after = try await shown()
                #expect(after["messages"].count == 3)
                guard trouble == .fileLimit else { return }        // the others end with the process
                try cluster.process("router").signal(SIGKILL)
                try await cluster.process("router").waitForExit()
                try cluster.startRouter()
                try await cluster.waitUntilReady()
                #expect(try await shown() == after)
            }
        }
    }

    /// Forks until one is refused: what a log has room for may still be written.
    private func firstRefusal(_ cluster: RESTCluster, _ id: String) async throws -> RESTCluster.Reply {
        for _ in 0 ..< 2000 {
            let reply = try await cluster.post("/v1/sessions/\(id)/fork", text: "{}")
            if reply.status != 200 { return reply }
        }
        throw SupportError("2,000 forks found room")
    }

    /// A stream of the session brings all of its answer and then the error; other requests notice nothing.
    private func expectAnswers(_ cluster: RESTCluster, _ id: String) async throws {
        let session = JSONValue.Member("session_id", .string(id))
        let ids = JSONValue.Member("return_token_ids", true)
        let stream = try await cluster.stream(
            RESTCluster.chatPath, RESTCluster.chatBody("And then?", maxTokens: 16, [session, ids]))
        let answer = GivenAnswer(stream)
        let alone = GivenAnswer(try await cluster.complete(.ids(answer.prompt), [ids]))
        #expect(answer.tokens == alone.tokens && answer.text == alone.text && !answer.tokens.isEmpty)
        #expect(stream.events.last?["error"]?["message"]?.text?.contains("cannot be stored") == true, "\(stream.raw)")
        let whole = try await cluster.chat("And then?", [session])
        #expect(whole.status == 503 && whole.errorMessage.contains("cannot be stored"), "\(whole.json.text())")
        #expect(try await cluster.chat("Who are you?").status == 200)
    }

    @Test("records that can only be read are refused at the start, by name", .enabled(if: DiskTrouble.canMount))
    func readOnlyRecords() async throws {
        try await Paths.withFolder { data in
            let line = """
                exec unshare -Urm bash -c 'mount -t tmpfs -o ro none "\(data)" && exec "$@"' bash "$@"
                """
            let run = try await Tool.run(
                "bash",
                [
                    "-c", line, "bash", try Paths.program("router").path, "--model", Paths.demo,
                    "--control", "unix:/tmp/none.control", "--port", "0", "--records", data,
                ])
            #expect(run.status != 0 && run.output.contains("--records \(data) cannot be used"), "\(run)")
        }
    }
}
