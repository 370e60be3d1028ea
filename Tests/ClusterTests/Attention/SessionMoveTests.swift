import AdminMessages
import Foundation
import JSON
import Testing

@testable import Router

/// Sessions that are moved from one replica of attention to another.
@Suite("Sessions move", .serialized, .inTurn) struct SessionMoveTests {
    /// Long enough for its state to be worth keeping.
    private static let prompt: JSONValue = [
        "prompt": .string(String(repeating: "Once upon a time there was. ", count: 10))
    ]
    /// A token that goes on from a session.
    private static let next = 100

    private static func setup(_ attentionHosts: Int) -> RESTCluster.Setup {
        .init(expertHosts: 1, attentionHosts: attentionHosts)
    }

    private static func move(
        _ cluster: RESTCluster, _ id: String, _ body: String = ""
    ) async throws -> RESTCluster.Reply {
        try await cluster.post("/v1/sessions/\(id)/move", text: body)
    }

    @Test(
        "a session moves to the replica that is named, goes on there with the same bytes, and needs nothing left behind"
    )
    func move() async throws {
        try await RESTCluster.with(Self.setup(2)) { cluster in
            let made = try await cluster.post("/v1/sessions", Self.prompt)
            let id = try #require(made.json["id"]?.text), tokens = made.json["tokens"]
            let shown = try await cluster.get("/v1/sessions/\(id)?include=token_ids").json
            let whole = JSONValue.ids(try #require(shown["token_ids"]?.ints) + [Self.next])
            let anew = try await cluster.complete(whole, maxTokens: 24, [.init("cache_prompt", false)])

            _ = try await Self.move(cluster, id, #"{"to":"attention"}"#)
            let away = try await Self.move(cluster, id, #"{"to":"attention-2"}"#)
            #expect(away.status == 200 && away.json["tokens"] == tokens, "\(away.json.text())")
            #expect(away.json["moved"] == true && away.json["members"] == ["attention-2"])
            let again = try await Self.move(cluster, id, #"{"to":"attention-2"}"#)
            #expect(again.json["moved"] == false && again.json["members"] == ["attention-2"])
            let back = try await Self.move(cluster, id)
            #expect(back.json["moved"] == true && back.json["members"] == ["attention"])
            let nobody = try await Self.move(cluster, id, #"{"to":"attention-9"}"#)
            #expect(nobody.status == 400 && nobody.errorMessage.contains("attention-9"), "\(nobody.json.text())")

            try cluster.process("attention-2").signal(SIGKILL)
            try await eventually("the router knows one service") {
                try await cluster.plan().attention.replicas == 1
            }
            let alone = try await Self.move(cluster, id)
            #expect(alone.status == 409 && alone.json["error"]?["code"] == "no_other_replica")
            let more = try await cluster.complete([.int(Self.next)], maxTokens: 24, [.init("session_id", .string(id))])
            #expect(more.status == 200 && more.text == anew.text, "\(more.json.text())")
            let cached = more.json["usage"]?["prompt_tokens_details"]?["cached_tokens"]
            #expect(cached == tokens, "nothing of it was computed again: \(more.json.text())")
        }
    }

    @Test("replicas of two parts move sessions as those of one do; a session that is at work is not moved")
    func parts() async throws {
        var setup = Self.setup(4)
        setup.router = ["--attention-parts", "2"]
        try await RESTCluster.with(setup) { cluster in
            try await eventually("there are two replicas") { try await cluster.plan().attention.replicas == 2 }
            let made = try await cluster.post("/v1/sessions", Self.prompt)
            let id = try #require(made.json["id"]?.text)
            var places: Set<String> = []
            for _ in 0 ..< 2 {
                let move = try await Self.move(cluster, id)
                #expect(move.json["moved"] == true && move.json["members"].count == 2, "\(move.json.text())")
                places.insert(move.json["members"]?.text() ?? "")
            }
            #expect(places.count == 2)
            let body = RESTCluster.completionBody(
                [.int(Self.next)], maxTokens: 200, [.init("session_id", .string(id)), .init("ignore_eos", true)])
            let begun = Progress()
            async let stream = cluster.stream(RESTCluster.completionsPath, body) { _ in
                begun.token()
                return false
            }
            try await eventually("the answer has begun") { begun.tokens > 2 }
            let busy = try await Self.move(cluster, id)
            #expect(busy.status == 409 && busy.json["error"]?["code"] == "session_busy", "\(busy.json.text())")
            #expect(Transcript(try await stream).finish == "length")
            let moved = try await Tool.run(
                Paths.program("minimax").path,
                ["sessions", "move", id, "--url", "http://127.0.0.1:\(cluster.port)"])
            #expect(moved.status == 0 && moved.output.contains("tokens, moved to attention"), "\(moved)")
        }
    }
}
