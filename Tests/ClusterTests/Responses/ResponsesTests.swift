import Foundation
import JSON
import NIOHTTP1
import Testing

@testable import ClusterClient

/// Responses and conversations over real processes.
@Suite("Responses over a real cluster", .serialized, .inTurn) struct ResponsesTests {
    private static let path = "/v1/responses"

    @Test("OpenAI's own Python client has responses, conversations and work in the background as it expects them")
    func pythonClient() async throws {
        try await RESTCluster.with { cluster in
            try await PythonClient("openai").check("responses_client", "http://127.0.0.1:\(cluster.port)/v1")
        }
    }

    @Test("work in the background outlives the death of every process: its reader gets the same bytes")
    func restart() async throws {
        try await Paths.withFolder { data in
            try await RESTCluster.with(.init(router: ["--records", data])) { cluster in
                let ask: JSONValue = [
                    "input": "Tell me a long story.", "background": true, "temperature": 1, "ignore_eos": true,
                    "max_output_tokens": 150,
                ]
                let id = try #require(try await cluster.post(Self.path, ask).json["id"]?.text)
                // A reader gets some of it before everything dies.
                let before = try await cluster.events(of: id) { $0.components(separatedBy: "event: ").count > 30 }
                let number = 20
                for process in cluster.all { process.signal(SIGKILL) }
                for process in cluster.all { await process.waitForExit() }
                try await cluster.startEverything()
                let rest = try await cluster.events(of: id, "&starting_after=\(number)")
                let all = try await cluster.events(of: id)
                let events = all.components(separatedBy: "\n\n")
                #expect(rest == events.dropFirst(number + 1).joined(separator: "\n\n"))
                let seen = before.components(separatedBy: "\n\n").dropLast()        // the last one may be cut
                #expect(seen.count > number && Array(seen) == Array(events.prefix(seen.count)))
                let shown = try await cluster.get("\(Self.path)/\(id)").json
                #expect(shown["status"] == "incomplete" && shown["usage"]?["output_tokens"] == 150)
                #expect(events.count > 100)
            }
        }
    }

    @Test("responses and conversations outlive the router, and go on")
    func records() async throws {
        try await Paths.withFolder { data in
            try await RESTCluster.with(.init(router: ["--records", data])) { cluster in
                let conversation = try #require(
                    try await cluster.post("/v1/conversations", text: "{}").json["id"]?.text)
                let first = try await cluster.post(Self.path, Self.body("Who are you?")).json
                let other = try await cluster.post(
                    Self.path, Self.body("Who are you?", [.init("conversation", .string(conversation))])
                ).json
                let router = try cluster.process("router")
                router.signal(SIGKILL)
                await router.waitForExit()
                try cluster.startRouter()
                try await cluster.waitUntilReady()
                let id = try #require(first["id"]?.text)
                #expect(try await cluster.get("\(Self.path)/\(id)").json == first)
                let next = try await cluster.post(
                    Self.path, Self.body("And who am I?", [.init("previous_response_id", .string(id))])
                ).json
                let same = try await cluster.post(
                    Self.path, Self.body("And who am I?", [.init("conversation", .string(conversation))])
                ).json
                #expect(next["usage"]?["input_tokens"] == same["usage"]?["input_tokens"])
                #expect(next["output"]?[0]?["content"] == same["output"]?[0]?["content"])
                #expect(
                    next["output"]?[0]?["content"] != nil
                        && other["output"]?[0]?["content"] == first["output"]?[0]?["content"])
            }
        }
    }

    private static func body(_ question: String, _ more: [JSONValue.Member] = []) -> JSONValue {
        .object(
            [.init("input", .string(question)), .init("temperature", 0), .init("max_output_tokens", 24)] + more)
    }
}

extension RESTCluster {
    /// The events of a response as they came, without comments, until `enough` says so.
    fileprivate func events(
        of id: String, _ query: String = "", until enough: @Sendable (String) -> Bool = { _ in false }
    ) async throws -> String {
        try await rest.request(.GET, "/v1/responses/\(id)?stream=true\(query)") { head, body in
            var text = ""
            for try await piece in body {
                text += String(decoding: piece, as: UTF8.self)
                if enough(text) { break }
            }
            guard head.status == 200 else { throw SupportError("no stream but \(head.status): \(text)") }
            return text.replacingOccurrences(of: ": keep-alive\n\n", with: "")
        }
    }
}
