import Chat
import Foundation
import JSON
import Records
import Synchronization
import Testing
import Tokenizer

@testable import Router

@Suite("Trouble with responses in the background", .timeLimit(.minutes(1))) struct BackgroundTroubleTests {
    private typealias Valve = BackgroundTests.Valve
    private static let ask = #"{"input":"hi","background":true,"seed":7}"#

    /// Records on disk with a response that a router had begun when it ended.
    private func withBegun(
        _ config: FrontConfig = FrontConfig(), _ body: (any ObjectRecords, _ id: String) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "responses-\(UUID().uuidString)", begun = Mutex("")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await withFront(
            Valve().generator(), config, responses: try SQLiteRecords(at: folder, tokenizer: "demo")
        ) { client in
            let id = try await client.post("/v1/responses", Self.ask).id
            begun.withLock { $0 = id }
        }
        try await body(try SQLiteRecords(at: folder, tokenizer: "demo"), begun.withLock { $0 })
    }

    private func opened() -> Valve {
        let valve = Valve()
        valve.release(100)
        return valve
    }

    @Test("what would go on with other words fails, says why, and tells its readers", arguments: 0 ..< 4)
    func otherOrigin(_ difference: Int) async throws {
        try await withBegun { records, id in
            var (model, config) = (ScriptedGenerator.usualModel, FrontConfig())
            let reason: String
            switch difference {
            case 0: (model.fingerprint, reason) = ("fp_other", "the model is another one")
            case 1: (model.arithmetic, reason) = ("fast+kv-bf16", "computes in fast+kv-bf16, no longer exact")
            case 2: (model.contextLength, reason) = (1000, "the context length is another")
            default:
                config.template = try CheckpointTemplate(
                    sources: ["default": "{% for m in messages %}{{ m.content }}{% endfor %}Answer:"], tokens: [])
                reason = "its prompt has other tokens"
            }
            let generator = opened().generator(model)
            try await withFront(generator, config, responses: records, resumes: true) { client in
                let failed = try await client.wait(id, for: "failed")
                let message = failed["error"]?["message"]?.string ?? ""
                #expect(message.contains(reason), "\(message)")
                let events = try await client.get("/v1/responses/\(id)?stream=true").chunks
                let late = try await client.get("/v1/responses/\(id)?stream=true&starting_after=200").chunks
                #expect(late.map { $0["type"] } == ["response.failed"], "a reader that had more is told, too")
                #expect(events.sequenceNumbers == Array(0 ..< events.count))
                #expect(
                    events.map { $0["type"] } == [
                        "response.created", "response.queued", "response.in_progress", "error", "response.failed",
                    ])
                #expect(events.last?["response"] == failed && events.first?["response"]?["status"] == "queued")
                #expect(generator.requests.isEmpty)
            }
        }
    }

    @Test("a template that tells the date tells the one on which the response was asked for")
    func sameDate() async throws {
        var config = FrontConfig()
        let source = "{{ strftime_now('%H:%M:%S') }}{% for m in messages %}{{ m.content }}{% endfor %}Answer:"
        config.template = try CheckpointTemplate(sources: ["default": source], tokens: [])
        try await withBegun(config) { [config] records, id in
            try await Task.sleep(for: .milliseconds(1100))
            try await withFront(opened().generator(), config, responses: records, resumes: true) { client in
                _ = try await client.wait(id, for: "completed")
            }
        }
    }

    @Test("a response that is cancelled while it is taken up again is cancelled, not queued for ever")
    func cancelledMeanwhile() async throws {
        try await withBegun { records, id in
            let calls = Mutex(0)
            let slow = TroubledRecords(base: records) { call in
                guard call == .items else { return }
                // The first one is not for a client, but for whoever takes up the response again.
                if calls.withLock({
                    $0 += 1; return $0
                }) == 1 {
                    try await Task.sleep(for: .seconds(600))
                }
            }
            try await withFront(opened().generator(), responses: slow, resumes: true) { client in
                while calls.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(5)) }
                let cancelled = try await client.post("/v1/responses/\(id)/cancel", "")
                #expect(cancelled.status == 200 && cancelled.json["status"] == "cancelled", "\(cancelled.body)")
                #expect(try await client.get("/v1/responses/\(id)").json == cancelled.json)
                let events = try await client.get("/v1/responses/\(id)?stream=true").chunks
                #expect(events.first?["type"] == "response.created")
            }
            #expect(try await records.openResponses().isEmpty)
        }
    }

    @Test("records that cannot be read or written for a while only delay a response")
    func busyRecords() async throws {
        try await withBegun { records, id in
            let troubles = Mutex<[TroubledRecords.Call]>([.items, .update])
            let troubled = TroubledRecords(base: records) { call in
                let isTrouble = troubles.withLock { troubles in
                    guard let index = troubles.firstIndex(of: call) else { return false }
                    troubles.remove(at: index)
                    return true
                }
                if isTrouble { throw RecordsError.unavailable("The disk is full.") }
            }
            try await withFront(opened().generator(), responses: troubled, resumes: true) { client in
                while !troubles.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
                let done = try await client.wait(id, for: "completed")
                #expect(done["output"]?.list[0]["content"]?.list[0]["text"] == .string(Valve().text))
            }
        }
    }

    @Test("work that was stopped before it began ends at once; its place is free again")
    func stoppedEarly() async {
        let run = BackgroundRun()
        run.stop()
        run.start { _ in try? await Task.sleep(for: .seconds(600)) }
        for await _ in run.events(after: nil) {}
        #expect(run.isStopped && !run.isCancelled)
    }

    @Test("no client has more than a quarter of the places; what is taken up again always has one")
    func places() throws {
        let runs = BackgroundRuns(runsMax: 8)
        func refusal(_ client: BodyBudget.Owner, _ id: String) -> APIError? {
            do throws(APIError) { _ = try runs.add(id, for: client) } catch { return error }
            return nil
        }
        for index in 0 ..< 2 { #expect(refusal(.key(0), "a\(index)") == nil) }
        let tooMany = refusal(.key(0), "a2")
        #expect(tooMany?.code == "rate_limit_exceeded" && tooMany?.message.contains("You have 2 responses") == true)
        #expect(refusal(.address("::1"), "b0") == nil)
        runs.remove("a0")
        #expect(refusal(.key(0), "a2") == nil && runs.run("a2") != nil)
        for index in 0 ..< 9 { #expect(runs.resume("r\(index)", for: .key(1)) != nil) }
        #expect(refusal(.key(2), "c")?.message.contains("Too many") == true)
        runs.stop()
        #expect(runs.resume("s", for: .key(1)) == nil && refusal(.key(3), "d") != nil)
    }

    @Test("work in the background keeps its request's share of the memory for requests")
    func memoryShare() async throws {
        var config = FrontConfig()
        (config.bodyBytesMax, config.bodiesBytesMax) = (4000, 4000)
        let valve = Valve(), padding = String(repeating: "x", count: 2500)
        let ask = #"{"input":"hi","background":true,"reasoning":{"note":"\#(padding)"}}"#
        try await withFront(valve.generator(), config) { client in
            let first = try await client.post("/v1/responses", ask)
            #expect(first.status == 200)
            let second = try await client.post("/v1/responses", ask)
            #expect(second.status == 429 && second.error["code"] == "rate_limit_exceeded", "\(second.body)")
            valve.release(100)
            _ = try await client.wait(first.id, for: "completed")
            // The share is given back a moment after the end was told.
            var third = second
            while third.status == 429 { third = try await client.post("/v1/responses", ask) }
            #expect(third.status == 200)
        }
    }
}
