import JSON
import Logging
import Records
import Testing
import Tokenizer

@testable import Router

@Suite("Stored chat completions", .timeLimit(.minutes(1))) struct StoredCompletionTests {
    private static let question = #""messages":[{"role":"user","content":"hi"}]"#

    @Test("what is stored is forgotten after so many days, unless it is kept for ever")
    func forgotten() async throws {
        var quiet = Logger(label: "tests")
        quiet.logLevel = .critical
        for days in [0, 30] {
            let records = MemoryRecords(), now = ResponseBook.now
            for index in 0 ..< 250 {
                let age = index < 125 ? 31 * 86_400 : 29 * 86_400
                let completion = StoredObject(
                    id: "\(index)", kind: .completion, account: "a", created: now - age, body: "{}")
                try await records.create(completion, [], adding: nil)
            }
            var config = FrontConfig()
            #expect(config.storedDays == 30)
            config.storedDays = days
            let front = Front(
                generator: answering("ok"), tokenizer: demoTokenizer, tokenizerInfo: try demoTokenizerInfo.get(),
                config: config, sessions: SessionBook(MemoryRecords(), tokenizer: "demo"),
                responses: ResponseBook(records), states: PlayedStates())
            let forgetting = Task { [quiet] in await front.forgetOld(quiet) }
            func left() async throws -> Int {
                try await records.objects(.completion, of: "a", .init(limit: 1000)).elements.count
            }
            if days > 0 {
                while try await left() > 125 { try await Task.sleep(for: .milliseconds(5)) }
                forgetting.cancel()
            }
            await forgetting.value
            #expect(try await left() == (days == 0 ? 250 : 125))
        }
    }

    @Test("a request that is to be stored keeps its share of the memory for requests until it is")
    func memoryShare() async throws {
        var config = FrontConfig()
        (config.bodyBytesMax, config.bodiesBytesMax) = (4000, 4000)
        let valve = BackgroundTests.Valve(), generator = valve.generator()
        let padding = String(repeating: "x", count: 2500), path = "/v1/chat/completions"
        @Sendable func body(_ isStored: Bool) -> String {
            #"{\#(Self.question),"store":\#(isStored),"note":"\#(padding)"}"#
        }
        try await withFront(generator, config) { client in
            async let first = client.post(path, body(true))
            while generator.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            let second = try await client.post(path, body(false))
            #expect(second.status == 429, "\(second.body)")
            valve.release(100)
            #expect(try await first.status == 200)
            // Of what is not to be stored, nothing is kept.
            valve.release(0)
            async let third = client.post(path, body(false))
            while generator.requests.count < 2 { try await Task.sleep(for: .milliseconds(5)) }
            async let fourth = client.post(path, body(false))
            while generator.requests.count < 3 { try await Task.sleep(for: .milliseconds(5)) }
            valve.release(100)
            #expect(try await third.status == 200)
            #expect(try await fourth.status == 200)
        }
    }

    @Test("a completion that is to be stored is listed, shown with its messages, noted about and deleted")
    func life() async throws {
        try await withFront(answering("Hello"), twoKeys) { client in
            let path = "/v1/chat/completions"
            let whole = try await client.ask("POST", path, #"{\#(Self.question),"store":true,"metadata":{"a":"b"}}"#)
            let streamed = try await client.ask("POST", path, #"{\#(Self.question),"store":true,"stream":true}"#)
            let second = try #require(streamed.chunks.first?["id"]?.string)
            _ = try await client.ask("POST", path, "{\(Self.question)}")
            let list = try await client.ask("GET", path, nil)
            #expect(list.json["data"]?.list.map { $0["id"] } == [.string(whole.id), .string(second)])
            #expect(list.json["has_more"] == false && list.json["last_id"] == .string(second))
            #expect(try await client.ask("GET", "\(path)?limit=1&order=desc", nil).json["first_id"] == .string(second))
            for filter in ["model=demo", "metadata[a]=b", "metadata%5Ba%5D=b"] {
                let refused = try await client.ask("GET", "\(path)?\(filter)", nil)
                #expect(refused.status == 400 && refused.error["code"] == "unsupported_parameter", "\(refused.body)")
            }
            let shown = try await client.ask("GET", "\(path)/\(whole.id)", nil)
            #expect(shown.json["choices"] == whole.json["choices"] && shown.json["usage"] == whole.json["usage"])
            #expect(shown.json["metadata"] == ["a": "b"])
            let other = try await client.ask("GET", "\(path)/\(second)", nil)
            #expect(other.json["choices"]?.list[0]["message"]?["content"] == "Hello")
            let messages = try await client.ask("GET", "\(path)/\(whole.id)/messages", nil).json["data"]?.list ?? []
            #expect(messages.count == 1 && messages[0]["content"] == "hi" && messages[0]["role"] == "user")
            let changed = try await client.ask("POST", "\(path)/\(whole.id)", #"{"metadata":{"c":"d"}}"#)
            #expect(changed.json["metadata"] == ["c": "d"])
            #expect(try await client.ask("GET", "\(path)/\(whole.id)", nil).json == changed.json)
            for (method, end) in [("GET", ""), ("DELETE", ""), ("GET", "/messages")] {
                let foreign = try await client.ask(method, "\(path)/\(whole.id)\(end)", nil, key: "theirs")
                #expect(foreign.status == 404 && foreign.error["code"] == "completion_not_found")
            }
            #expect(try await client.ask("GET", path, nil, key: "theirs").json["data"] == [])
            #expect(try await client.ask("DELETE", "\(path)/\(whole.id)", nil).json["deleted"] == true)
            #expect(try await client.ask("GET", "\(path)/\(whole.id)", nil).status == 404)
        }
    }
}
