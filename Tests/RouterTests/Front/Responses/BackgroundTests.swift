import Foundation
import JSON
import Logging
import Records
import Synchronization
import Testing
import Tokenizer

@testable import Router

@Suite("Responses in the background", .timeLimit(.minutes(1))) struct BackgroundTests {
    /// Says a text once it is released, one token at a time.
    final class Valve: Sendable {
        private let open = Mutex(0)
        let text = "one two three four five six"

        func release(_ tokens: Int) { open.withLock { $0 = tokens } }

        func generator(_ model: ServedModel = ScriptedGenerator.usualModel) -> ScriptedGenerator {
            ScriptedGenerator(model: model) { request, emit in
                for (position, token) in demoTokenizer.encode(self.text).enumerated() {
                    while self.open.withLock({ $0 }) <= position { try await Task.sleep(for: .milliseconds(2)) }
                    guard try await emit(.token(token, nil)) else { return .stop }
                }
                return .stop
            }
        }
    }

    @Test("a response is queued, in progress and completed, and its events come again as they came")
    func life() async throws {
        let valve = Valve()
        try await withFront(valve.generator()) { client in
            let begun = try await client.post("/v1/responses", #"{"input":"hi","background":true}"#)
            #expect(begun.status == 200 && begun.json["status"] == "queued" && begun.json["background"] == true)
            #expect(begun.output.isEmpty)
            #expect(try await client.get("/v1/responses/\(begun.id)").json["status"] == "queued")
            let early = try await client.post("/v1/responses", #"{"input":"a","previous_response_id":"\#(begun.id)"}"#)
            #expect(early.status == 400 && early.error["param"] == "previous_response_id")
            valve.release(2)
            _ = try await client.wait(begun.id, for: "in_progress")
            async let live = client.get("/v1/responses/\(begun.id)?stream=true")
            async let rest = client.get("/v1/responses/\(begun.id)?stream=true&starting_after=4")
            try await Task.sleep(for: .milliseconds(30))
            valve.release(100)
            let done = try await client.wait(begun.id, for: "completed")
            #expect(done["output"]?.list[0]["content"]?.list[0]["text"] == .string(valve.text))
            let events = try await live, tail = try await rest
            #expect(events.chunks.sequenceNumbers == Array(0 ..< events.chunks.count))
            #expect(
                events.chunks.prefix(3).map { $0["type"] } == [
                    "response.created", "response.queued", "response.in_progress",
                ])
            #expect(events.chunks.last?["response"] == done)
            #expect(tail.chunks == Array(events.chunks.dropFirst(5)))
            // From the records.
            #expect(try await client.get("/v1/responses/\(begun.id)?stream=true").body == events.body)
            #expect(try await client.get("/v1/responses/\(begun.id)?stream=true&starting_after=4").body == tail.body)
        }
    }

    @Test("a streamed one goes on when its client hangs up")
    func hangUp() async throws {
        let valve = Valve()
        try await withFront(valve.generator()) { client in
            let body = #"{"input":"hi","background":true,"stream":true}"#
            let text = try await client.exchange(
                FrontClient.head("POST", "/v1/responses", length: body.utf8.count) + "\r\n" + body,
                until: "response.in_progress\n")
            let id = try #require(text.firstMatch(of: /"id":"(resp_[0-9a-f]+)"/)?.1)
            valve.release(100)
            let done = try await client.wait(String(id), for: "completed")
            #expect(done["output"]?.list.count == 1)
        }
    }

    @Test("a cancelled one stays as it is, and what is no work in the background cannot be cancelled")
    func cancel() async throws {
        let valve = Valve()
        try await withFront(valve.generator()) { client in
            let begun = try await client.post("/v1/responses", #"{"input":"hi","background":true}"#)
            valve.release(2)
            _ = try await client.wait(begun.id, for: "in_progress")
            let cancelled = try await client.post("/v1/responses/\(begun.id)/cancel", "")
            #expect(cancelled.status == 200 && cancelled.json["status"] == "cancelled", "\(cancelled.body)")
            valve.release(100)
            #expect(try await client.get("/v1/responses/\(begun.id)").json == cancelled.json)
            #expect(try await client.post("/v1/responses/\(begun.id)/cancel", "").json == cancelled.json)
            let usual = try await client.post("/v1/responses", #"{"input":"hi"}"#)
            let refused = try await client.post("/v1/responses/\(usual.id)/cancel", "")
            #expect(refused.status == 400 && (refused.error["message"]?.string ?? "").contains("synchronous"))
            let stream = try await client.get("/v1/responses/\(usual.id)?stream=true")
            #expect(stream.status == 400 && stream.error["param"] == "stream")
        }
    }

    @Test("a deleted one is gone, at work or not")
    func delete() async throws {
        let valve = Valve()
        try await withFront(valve.generator()) { client in
            let begun = try await client.post("/v1/responses", #"{"input":"hi","background":true}"#)
            #expect(try await client.send("DELETE", "/v1/responses/\(begun.id)", nil).status == 200)
            valve.release(100)
            #expect(try await client.get("/v1/responses/\(begun.id)").status == 404)
        }
    }

    @Test("a failure is told in the response, a loss is mended")
    func failure() async throws {
        let losses = Mutex(0)
        let generator = ScriptedGenerator { request, emit in
            _ = try await emit(.token(demoTokenizer.encode("Hello")[0], nil))
            if losses.withLock({
                $0 += 1; return $0
            }) == 1 {
                throw GenerationError.lost("An expert host was lost.")
            }
            if request.tokensMax == 7 { throw GenerationError.failed("It broke.") }
            return try await ScriptedGenerator.say(Array(demoTokenizer.encode("Hello").dropFirst()), request, emit)
        }
        try await withFront(generator) { client in
            let mended = try await client.post("/v1/responses", #"{"input":"hi","background":true}"#)
            let done = try await client.wait(mended.id, for: "completed")
            #expect(done["output"]?.list[0]["content"]?.list[0]["text"] == "Hello")
            let events = try await client.get("/v1/responses/\(mended.id)?stream=true").chunks
            #expect(events.sequenceNumbers == Array(0 ..< events.count))
            let broken = try await client.post(
                "/v1/responses", #"{"input":"hi","background":true,"max_output_tokens":7}"#)
            let failed = try await client.wait(broken.id, for: "failed")
            #expect(failed["error"] == ["code": "server_error", "message": "It broke."])
            let last = try await client.get("/v1/responses/\(broken.id)?stream=true").chunks.last
            #expect(last?["type"] == "response.failed" && last?["response"] == failed)
        }
    }

    @Test("what a router had begun when it ended, the next one makes, to the same bytes")
    func restart() async throws {
        let folder = NSTemporaryDirectory() + "responses-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let before = Valve(), id = Mutex("")
        before.release(3)
        let begun = Mutex("")
        try await withFront(before.generator(), responses: try SQLiteRecords(at: folder, tokenizer: "demo")) { client in
            let answer = try await client.post("/v1/responses", #"{"input":"hi","background":true,"seed":7}"#)
            id.withLock { $0 = answer.id }
            _ = try await client.wait(answer.id, for: "in_progress")
            let text = try await client.exchange(
                FrontClient.head("GET", "/v1/responses/\(answer.id)?stream=true", length: nil) + "\r\n", until: "\n\n",
                count: 8)
            begun.withLock { $0 = text }
        }
        let after = Valve(), response = id.withLock { $0 }
        after.release(100)
        let generator = after.generator()
        let records = try SQLiteRecords(at: folder, tokenizer: "demo")
        try await withFront(generator, responses: records, resumes: true) { client in
            let done = try await client.wait(response, for: "completed")
            #expect(done["output"]?.list[0]["content"]?.list[0]["text"] == .string(after.text))
            #expect(generator.requests.map(\.sampling.seed) == [7])
            let again = try await client.get("/v1/responses/\(response)?stream=true")
            let events = begun.withLock { $0 }.components(separatedBy: "\n\n").filter { $0.contains("event: ") }
            #expect(events.count > 5)
            for event in events {
                let data = event.components(separatedBy: "data: ").last ?? "?"
                #expect(again.body.contains(data), "\(data)")
            }
        }
    }

    @Test("events of an attempt that comes after another are told once")
    func events() {
        var events = BackgroundEvents()
        let all = (0 ..< 5).map { "event: e\ndata: \($0)\n\n" }
        #expect(events.add(all[0] + all[1], at: 0) == Array(all[0 ... 1]))
        #expect(events.add(all[0], at: 0) == [])
        #expect(events.add(all[1] + all[2], at: 1) == [all[2]])
        #expect(events.add(all[3] + all[4], at: 3) == Array(all[3...]))
        #expect(events.told == all)
    }

    @Test("a reader that had seen more events than there are is told how it ended, and any other what it lacks")
    func rest() {
        let end = "event: response.failed\ndata: {}\n\n", all = (0 ..< 4).map { "event: e\ndata: \($0)\n\n" } + [end]
        #expect(Array(BackgroundEvents.rest(from: 0, all)) == all)
        #expect(Array(BackgroundEvents.rest(from: 4, all)) == [end])
        #expect(BackgroundEvents.rest(from: 5, all).isEmpty)        // it has all of them
        #expect(Array(BackgroundEvents.rest(from: 6, all)) == [end])
        #expect(
            BackgroundEvents.rest(from: 6, Array(all.dropLast())).isEmpty && BackgroundEvents.rest(from: 1, []).isEmpty)
    }
}

extension FrontClient {
    /// The response once it has this status.
    func wait(_ id: String, for status: String) async throws -> JSONValue {
        while true {
            let json = try await get("/v1/responses/\(id)").json
            if json["status"] == .string(status) { return json }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
