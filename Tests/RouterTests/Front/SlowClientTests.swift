import JSON
import NIOCore
import NIOPosix
import Testing

@testable import Router

@Suite("Clients that are slow, silent or many") struct SlowClientTests {
    private static func post(_ body: String) -> String {
        FrontClient.head("POST", "/v1/completions", length: body.utf8.count) + "\r\n" + body
    }

    private func config(
        head: TimeAmount = .hours(1), idle: TimeAmount = .hours(1), stall: TimeAmount = .hours(1)
    ) -> FrontConfig {
        FrontConfig(connection: ConnectionLife.Limits(head: head, bodyRate: 1000, idle: idle, stall: stall))
    }

    @Test("a head that does not come, or trickles in, ends with 408 or without a word", .timeLimit(.minutes(1)))
    func slowHead() async throws {
        try await withFront(ScriptedGenerator.saying([100]), config(head: .seconds(2))) { client in
            #expect(try await client.exchange("").isEmpty)
            let cut = try await client.exchange("GET /health HTTP/1.1\r\nHost: a\r\n")
            #expect(cut.hasPrefix("HTTP/1.1 408"))
            #expect(cut.contains("request_timeout"))
            let trickle = try? await client.withConnection { connection in
                let writing = Task {
                    for byte in ("GET /health HTTP/1.1\r\nX: " + String(repeating: "x", count: 10_000)).utf8 {
                        try await connection.write([byte])
                        try await Task.sleep(for: .milliseconds(50))
                    }
                }
                defer { writing.cancel() }
                // What it still writes may reset the connection before the answer is read.
                guard let answer = try? await connection.readToEnd() else { return "" }
                return String(decoding: answer, as: UTF8.self)
            }
            #expect(trickle?.isEmpty != false || trickle?.hasPrefix("HTTP/1.1 408") == true)
        }
    }

    @Test("a body that stops or trickles ends with 408 and is held no more", .timeLimit(.minutes(1)))
    func slowBody() async throws {
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator, config(head: .seconds(1))) { client in
            for part in [
                String(Self.post(#"{"prompt":"a"}"#).dropLast()),
                FrontClient.head("POST", "/v1/completions", length: nil, headers: ["Transfer-Encoding": "chunked"])
                    + "\r\n5\r\nab",
            ] {
                let answer = try await client.exchange(part)
                #expect(answer.hasPrefix("HTTP/1.1 408"))
                #expect(answer.lowercased().contains("connection: close"))
            }
        }
        #expect(generator.requests.isEmpty)
    }

    @Test(
        "a connection on which nobody asks anything is closed, one that waits for its answer is not",
        .timeLimit(.minutes(1)))
    func idle() async throws {
        let generator = ScriptedGenerator { request, emit in
            try await Task.sleep(for: .milliseconds(600))
            return try await ScriptedGenerator.say([100], request, emit)
        }
        try await withFront(generator, config(head: .seconds(2), idle: .milliseconds(300))) { client in
            // Returns when the server closes, which it does only after the answer.
            let answer = try await client.exchange(Self.post(#"{"prompt":"a"}"#))
            #expect(answer.hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("a stream that nobody reads is given up, with its work and its memory", .timeLimit(.minutes(1)))
    func stalled() async throws {
        let generator = ScriptedGenerator { _, emit in
            while try await emit(
                .token(100, TokenLogprobs(logprob: -1, top: (0 ..< 20).map { .init(id: $0, logprob: -1) })))
            { await Task.yield() }
            return .stop
        }
        try await withFront(generator, config(stall: .milliseconds(400))) { client in
            let body = #"{"prompt":"a","stream":true,"logprobs":5,"max_tokens":1900}"#
            // A channel that reads only when asked, and is not asked.
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .channelOption(.autoRead, value: false).channelOption(.socketOption(.so_rcvbuf), value: 4096)
                .connect(host: "127.0.0.1", port: client.port).get()
            try await channel.writeAndFlush(ByteBuffer(string: Self.post(body)))
            while generator.endCount == 0 { try await Task.sleep(for: .milliseconds(10)) }
            try await channel.close()
        }
    }

    @Test(
        "beyond the limit the quietest connection makes room, and whoever is at work is left alone",
        .timeLimit(.minutes(1)))
    func crowd() async throws {
        let generator = ScriptedGenerator { request, emit in
            if request.tokensMax == 2 { try await Task.sleep(for: .seconds(3600)) }
            return try await ScriptedGenerator.say([100], request, emit)
        }
        var config = config()
        config.connectionsMax = 8
        try await withFront(generator, config) { client in
            try await client.withConnection { busy in
                try await busy.write(Array(Self.post(#"{"prompt":"a","max_tokens":2}"#).utf8))
                while generator.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
                var silent: [any Channel] = []
                for _ in 0 ..< 30 {
                    silent.append(
                        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connect(
                            host: "127.0.0.1", port: client.port
                        ).get())
                }
                #expect(try await client.get("/health").status == 200)
                #expect(generator.endCount == 0, "the busy one was not closed")
                for channel in silent { try? await channel.close() }
            }
        }
    }

    @Test("the bodies of one client have a limit together, and give it back", .timeLimit(.minutes(1)))
    func bodies() async throws {
        var config = config()
        (config.bodyBytesMax, config.bodiesBytesMax) = (1000, 2000)
        try await withFront(ScriptedGenerator.saying([100]), config) { client in
            try await client.withConnection { holder in
                try await holder.write(
                    Array(
                        (FrontClient.head("POST", "/v1/completions", length: 1000) + "\r\n"
                            + String(repeating: " ", count: 990)).utf8))
                var refused: FrontClient.Answer
                repeat {
                    refused = try await client.post("/v1/completions", #"{"prompt":"abc"}"#)
                } while refused.status == 200        // the first bytes may still be on their way
                #expect(refused.status == 429)
                #expect(refused.headers["retry-after"] == "1")
            }
            var status = 0
            while status != 200 { status = try await client.post("/v1/completions", #"{"prompt":"abc"}"#).status }
        }
    }
}
