import NIOCore
import Testing

@testable import Router

@Suite("Clients that hang up") struct HangUpTests {
    /// Emits one token, then waits for ever unless cancelled.
    private func endless() -> ScriptedGenerator {
        ScriptedGenerator { request, emit in
            _ = try await emit(.token(100, nil))
            try await Task.sleep(for: .seconds(3600))
            return .stop
        }
    }

    private func settled(_ condition: () -> Bool) async throws {
        while !condition() { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test(
        "the engine's work is cancelled, streaming or not, also with several choices", .timeLimit(.minutes(1)),
        arguments: [false, true], [1, 3])
    func cancels(stream: Bool, n: Int) async throws {
        let generator = endless()
        try await withFront(generator) { client in
            let body = #"{"prompt":"a","n":\#(n),"stream":\#(stream)}"#
            try await client.withConnection { connection in
                try await connection.write(
                    Array((FrontClient.head("POST", "/v1/completions", length: body.utf8.count) + "\r\n" + body).utf8))
                if stream {
                    #expect(try await connection.read(until: "data: ").contains("200 OK"))
                } else {
                    try await settled { generator.requests.count == n }
                }
                #expect(generator.endCount == 0)
            }
            // The connection is closed; nothing but its closing can end the sequences.
            try await settled { generator.endCount == n }
        }
    }

    @Test("a client that leaves before the engine has begun is noticed as well", .timeLimit(.minutes(1)))
    func leavesAtOnce() async throws {
        let generator = endless()
        try await withFront(generator) { client in
            for _ in 0 ..< 10 {
                let body = #"{"prompt":"a"}"#
                try await client.withConnection { connection in
                    try await connection.write(
                        Array(
                            (FrontClient.head("POST", "/v1/completions", length: body.utf8.count) + "\r\n" + body).utf8)
                    )
                }
            }
            #expect(try await client.get("/health").status == 200)
            try await settled { generator.endCount == generator.requests.count }
        }
    }

    @Test(
        "a connection serves one request after the other, and a hang-up ends the last one only", .timeLimit(.minutes(1))
    )
    func keepsConnections() async throws {
        let generator = ScriptedGenerator { request, emit in
            _ = try await emit(.token(100, nil))
            if request.tokensMax == 2 { try await Task.sleep(for: .seconds(3600)) }
            return .stop
        }
        try await withFront(generator) { client in
            @Sendable func request(_ tokens: Int) -> [UInt8] {
                let body = #"{"prompt":"a","max_tokens":\#(tokens)}"#
                return Array(
                    (FrontClient.head("POST", "/v1/completions", length: body.utf8.count) + "\r\n" + body).utf8)
            }
            try await client.withConnection { connection in
                var iterator = connection.inbound.makeAsyncIterator()
                for count in 1 ... 3 {
                    try await connection.write(request(1))
                    var text = ""
                    while !text.hasSuffix("}}"), let buffer = try await iterator.next() {
                        text += String(buffer: buffer)
                    }
                    #expect(text.hasPrefix("HTTP/1.1 200 OK"))
                    #expect(generator.endCount == count)
                }
                try await connection.write(request(2))
                try await settled { generator.requests.count == 4 }
                #expect(generator.endCount == 3)
            }
            try await settled { generator.endCount == 4 }
        }
    }

    @Test("an engine that never looks up is told by emit", .timeLimit(.minutes(1)))
    func emitTells() async throws {
        let generator = ScriptedGenerator { _, emit in
            while try await emit(.token(100, nil)) { await Task.yield() }
            return .stop
        }
        try await withFront(generator) { client in
            let body = #"{"prompt":"a","stream":true,"max_tokens":1000}"#
            try await client.withConnection { connection in
                try await connection.write(
                    Array((FrontClient.head("POST", "/v1/completions", length: body.utf8.count) + "\r\n" + body).utf8))
                _ = try await connection.read(until: "data: ", count: 3)
            }
            try await settled { generator.endCount == 1 }
        }
    }
}
