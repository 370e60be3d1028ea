import Foundation
import JSON
import Testing

@testable import Router

/// Sessions that clients can name, over real processes.
@Suite("Sessions over a real cluster", .serialized, .inTurn) struct SessionRestartTests {
    private static func body(_ id: String, _ question: String) -> JSONValue {
        RESTCluster.chatBody(
            question, maxTokens: 24, [.init("session_id", .string(id)), .init("return_token_ids", true)])
    }

    /// Asks in the session and checks that the answer is that to the same tokens without a session.
    private static func ask(_ cluster: RESTCluster, _ id: String, _ question: String) async throws -> String {
        let reply = try await cluster.post(RESTCluster.chatPath, body(id, question))
        #expect(reply.status == 200 && reply.json["session_id"] == .string(id), "\(reply.json.text())")
        let prompt = try #require(reply.json["prompt_token_ids"])
        let anew = try await cluster.complete(prompt, maxTokens: 24)
        #expect(anew.text == reply.text)
        return reply.text
    }

    @Test("a session outlives the death of every process, goes on with the same bytes, forks and is cut back")
    func restart() async throws {
        try await Paths.withFolder { data in
            try await RESTCluster.with(.init(router: ["--records", data])) { cluster in
                let made = try await cluster.post("/v1/sessions", text: "{}")
                let id = try #require(made.json["id"]?.text)
                let first = try await Self.ask(cluster, id, "Who are you?")
                let before = try await cluster.get("/v1/sessions/\(id)?include=token_ids,text").json.withoutStates
                #expect(before["messages"].count == 2 && before.text().contains(first))

                for process in cluster.all { process.signal(SIGKILL) }
                for process in cluster.all { await process.waitForExit() }
                try await cluster.startEverything()
                let after = try await cluster.get("/v1/sessions/\(id)?include=token_ids,text").json.withoutStates
                #expect(after == before)
                let second = try await Self.ask(cluster, id, "And who am I?")

                let fork = try await cluster.post("/v1/sessions/\(id)/fork", text: #"{"messages":2}"#)
                let forkID = try #require(fork.json["id"]?.text)
                #expect(try await Self.ask(cluster, forkID, "And who am I?") == second)
                #expect(try await cluster.post("/v1/sessions/\(id)/rewind", text: #"{"messages":2}"#).status == 200)
                #expect(try await Self.ask(cluster, id, "And who am I?") == second)
            }
        }
    }

    @Test("minimax sessions lists, shows, forks, cuts back and deletes")
    func commands() async throws {
        try await RESTCluster.with { cluster in
            let id = try #require(
                try await cluster.post("/v1/sessions", text: #"{"prompt":"Once upon","metadata":{"title":"tale"}}"#)
                    .json["id"]?.text)
            func run(_ arguments: String...) async throws -> Tool.Result {
                try await Tool.run(
                    Paths.program("minimax").path,
                    ["sessions"] + arguments + ["--url", "http://127.0.0.1:\(cluster.port)"])
            }
            let list = try await run("list")
            #expect(list.status == 0 && list.output.contains(id) && list.output.contains("tale"), "\(list)")
            let shown = try await run("show", id, "--text")
            #expect(shown.output.contains("Once upon") && shown.output.contains("1 prompt"), "\(shown)")
            let fork = try await run("fork", id, "--tokens", "1").output.trimmingCharacters(in: .newlines)
            #expect(try await cluster.get("/v1/sessions/\(fork)").json["tokens"] == 1)
            #expect(try await run("rewind", id, "--tokens", "0").output == "0 messages, 0 tokens\n")
            #expect(try await run("delete", id, fork).status == 0)
            let gone = try await run("show", id)
            #expect(gone.status != 0 && gone.output.contains("No session has the id '\(id)'"), "\(gone)")
        }
    }

    @Test("records that cannot be used are refused at the start, by name")
    func badRecords() async throws {
        try await Paths.withFolder { folder in
            let file = folder + "/text.sqlite"
            try String(repeating: "This is no database.\n", count: 500).write(
                toFile: file, atomically: true, encoding: .utf8)
            let run = try await Tool.run(
                Paths.program("router").path,
                [
                    "--model", Paths.demo, "--control", "unix:\(folder)/c", "--port",
                    "0", "--records", file,
                ])
            #expect(run.status != 0)
            #expect(run.output.contains("--records \(file) cannot be used: The file of the records is no SQLite"))
        }
    }
}
