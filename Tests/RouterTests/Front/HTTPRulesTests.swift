import Foundation
import JSON
import NIOCore
import Testing

@testable import Router

@Suite("HTTP as clients speak it") struct HTTPRulesTests {
    private static let body = #"{"prompt":"a","max_tokens":1}"#
    private static let get = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    private static func post(_ body: String = body, headers: [String: String] = [:]) -> String {
        FrontClient.head("POST", "/v1/completions", length: body.utf8.count, headers: headers) + "\r\n" + body
    }

    private func front(
        _ config: FrontConfig = FrontConfig(), _ test: @escaping @Sendable (FrontClient) async throws -> Void
    ) async throws {
        try await withFront(ScriptedGenerator.saying([100]), config) { try await test($0) }
    }

    /// Whether `text` is answers only, as many as `statuses`, each with as much content as it announces.
    private func statuses(_ text: String) -> [Int]? {
        var rest = text[...], statuses: [Int] = []
        while !rest.isEmpty {
            guard let end = rest.firstRange(of: "\r\n\r\n"), rest.hasPrefix("HTTP/1."),
                let status = Int(rest.dropFirst(9).prefix(3))
            else { return nil }
            let head = rest[..<end.lowerBound].lowercased()
            let length =
                head.split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }.flatMap {
                    Int($0.dropFirst(16))
                } ?? 0
            rest = rest[end.upperBound...]
            if !head.contains("x-test-head") { rest = rest.dropFirst(status == 100 || status == 204 ? 0 : length) }
            statuses.append(status)
        }
        return statuses
    }

    @Test(
        "HEAD has GET's head and no content, errors included, and the connection goes on", .timeLimit(.minutes(1)),
        arguments: [
            ("/health", 200), ("/v1/models", 200), ("/v1/completions", 405), ("/nowhere", 404),
        ])
    func head(path: String, status: Int) async throws {
        try await front { client in
            let content = try await client.get(path).body
            let text = try await client.exchange(
                "HEAD \(path) HTTP/1.1\r\nHost: a\r\n\r\nHEAD \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let heads = text.components(separatedBy: "\r\n\r\n")
            #expect(heads.count == 3)
            #expect(heads[2].isEmpty, "no content")
            for head in heads.prefix(2) {
                #expect(head.hasPrefix("HTTP/1.1 \(status)"))
                if status == 200 { #expect(head.contains("Content-Length: \(content.utf8.count)")) }
            }
        }
    }

    @Test("HTTP/1.0 gets no chunks, and an end or keep-alive by name", .timeLimit(.minutes(1)))
    func http10() async throws {
        try await front { client in
            // Returns because the server closes.
            let plain = try await client.exchange("GET /health HTTP/1.0\r\n\r\n")
            #expect(plain.hasPrefix("HTTP/1.0 200 OK"))
            #expect(plain.hasSuffix(#"{"status":"ok"}"#))

            let body = #"{"prompt":"a","max_tokens":1,"stream":true}"#
            let stream = try await client.exchange(
                """
                POST /v1/completions HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: \
                \(body.utf8.count)\r\n\r\n\(body)
                """
            )
            #expect(!stream.lowercased().contains("transfer-encoding"))
            #expect(stream.contains("\r\n\r\ndata: {"))
            #expect(stream.hasSuffix("data: [DONE]\n\n"))

            // What `ab -k` sends.
            let kept =
                """
                GET /health HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: localhost:8080\r\nUser-Agent: \
                ApacheBench/2.3\r\nAccept: */*\r\n\r\n
                """
            let answers = try await client.exchange(kept + kept, until: #""ok"}"#, count: 2)
            #expect(answers.components(separatedBy: "connection: keep-alive").count == 3)
            #expect(answers.components(separatedBy: "Content-Length: 15").count == 3)
        }
    }

    @Test(
        "100-continue is said when the body is wanted, and not when the answer is known without",
        .timeLimit(.minutes(1)))
    func expectContinue() async throws {
        try await front(FrontConfig(apiKeys: ["k"], bodyBytesMax: 1000)) { client in
            let head = FrontClient.head(
                "POST", "/v1/completions", length: Self.body.utf8.count,
                headers: ["Expect": "100-continue", "Authorization": "Bearer k"])
            try await client.withConnection { connection in
                var inbound = connection.inbound.makeAsyncIterator()
                try await connection.write(Array((head + "\r\n").utf8))
                let first = try await inbound.next().map { String(buffer: $0) }
                #expect(first == "HTTP/1.1 100 Continue\r\n\r\n")
                try await connection.write(Array(Self.body.utf8))
                let second = try await inbound.next().map { String(buffer: $0) }
                #expect(second?.hasPrefix("HTTP/1.1 200 OK") == true)
            }
            for (headers, length, status) in [
                (["Authorization": "Bearer x"], 10, 401), (["Authorization": "Bearer k"], 5000, 413),
                (["Content-Encoding": "br"], 10, 415),
            ] {
                let head = FrontClient.head(
                    "POST", "/v1/completions", length: length,
                    headers: headers.merging(["Expect": "100-continue"]) { given, _ in given })
                let answer = try await client.exchange(head + "\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 \(status)"))
                #expect(answer.lowercased().contains("connection: close"), "the body may come or not")
            }
        }
    }

    @Test(
        "a request without a sure host or end is refused, and nothing behind it is looked at", .timeLimit(.minutes(1)),
        arguments: [
            ("GET /health HTTP/1.1\r\n", 400), ("GET /health HTTP/1.1\r\nHost: a\r\nHost: a\r\n", 400),
            ("GET /health HTTP/1.1\r\nHost: a/b\r\n", 400),
            ("POST /v1/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n", 501),
            ("POST /v1/completions HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n", 400),
            ("GET / HTTP/3.7\r\nHost: a\r\n", 400), ("\u{16}\u{3}\u{1}\u{2}", 400),
            ("GET / HTTP/1.1\r\nno header\r\n", 400), ("nonsense\r\n", 400),
        ])
    func refused(head: String, status: Int) async throws {
        try await front { client in
            let text = try await client.exchange(Self.get + head + "\r\n" + Self.get)
            #expect(statuses(text) == [200, status])
            #expect(text.lowercased().contains("connection: close"))
            #expect(text.contains(#""type":"invalid_request_error""#), "in OpenAI's shape")
        }
    }

    @Test("an offer of another protocol is passed over", .timeLimit(.minutes(1)))
    func upgrades() async throws {
        try await front { client in
            let offers = [
                [
                    "Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c",
                    "HTTP2-Settings": "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
                ],
                ["Connection": "keep-alive, upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"],
                ["Upgrade": "TLS/1.2"],
            ]
            for offer in offers {
                // At once, and each after the other's answer.
                let requests = [
                    Self.post(headers: offer), Self.get, Self.post(headers: offer), Self.post(headers: offer), Self.get,
                ]
                let text = try await client.exchange(requests.joined(), until: "HTTP/1.1 200 OK", count: 5)
                #expect(text.components(separatedBy: "HTTP/1.1 200 OK").count == 6)
                try await client.withConnection { connection in
                    var inbound = connection.inbound.makeAsyncIterator()
                    for request in requests {
                        try await connection.write(Array(request.utf8))
                        var answer = ""
                        while !answer.hasSuffix("}"), let bytes = try await inbound.next() {
                            answer += String(buffer: bytes)
                        }
                        #expect(statuses(answer) == [200])
                    }
                }
            }
        }
    }

    private static let gzipped: [UInt8] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0x2a, 0x28, 0xca, 0xcf, 0x2d, 0x28,
        0x51, 0xb2, 0x52, 0x4a, 0x54, 0xd2, 0x51, 0xca, 0x4d, 0xac,
        0x88, 0x2f, 0xc9, 0xcf, 0x4e, 0xcd, 0x2b, 0x56, 0xb2, 0x32, 0xac, 0x05, 0x00, 0xfc, 0x15, 0x9e, 0xbd, 0x1d,
        0x00, 0x00, 0x00,
    ]
    private static let deflated: [UInt8] = [
        0x78, 0x9c, 0xab, 0x56, 0x2a, 0x28, 0xca, 0xcf, 0x2d, 0x28, 0x51, 0xb2, 0x52, 0x4a, 0x54, 0xd2, 0x51, 0xca,
        0x4d, 0xac, 0x88, 0x2f, 0xc9, 0xcf, 0x4e, 0xcd, 0x2b, 0x56,
        0xb2, 0x32, 0xac, 0x05, 0x00, 0x93, 0xf3, 0x09, 0xd2,
    ]
    /// 100,000 blanks before the same body.
    private static let bomb: [UInt8] =
        [0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0xb1, 0x0d, 0x80, 0x20, 0x10, 0x00]
        + [0xc0, 0x55, 0xc8, 0xd7, 0x36, 0xb6, 0x2c, 0x63, 0x28, 0xac, 0x0c, 0x42, 0x94, 0x82, 0xc4, 0xb8, 0xbb, 0x6b]
        + [0x58, 0xdc, 0x5d, 0x4a]
        + [UInt8](repeating: 0, count: 96)
        + [0xc0, 0x5f, 0x3d, 0xd1, 0xaf, 0x56, 0xfb, 0x88, 0x1c, 0x25, 0x96, 0xa8, 0x65, 0x6e, 0xa3, 0x1d, 0xfb, 0x79]
        + [0x47, 0x5e, 0xdf, 0x0f, 0x86, 0x9e, 0xe6, 0x51, 0xbd, 0x86, 0x01, 0x00]

    @Test("compressed bodies are read within the limit, others refused by name", .timeLimit(.minutes(1)))
    func compression() async throws {
        try await front { client in
            for (bytes, name) in [
                (Self.gzipped, "gzip"), (Self.gzipped, "x-gzip"), (Self.deflated, "Deflate"), (Self.bomb, "gzip"),
                (Array(Self.body.utf8), "identity"),
            ] {
                #expect(
                    try await client.send("POST", "/v1/completions", bytes, headers: ["Content-Encoding": name]).status
                        == 200, "\(name)")
            }
            let unknown = try await client.send(
                "POST", "/v1/completions", Array(Self.body.utf8), headers: ["Content-Encoding": "zstd"])
            #expect(unknown.status == 415)
            #expect(unknown.headers["accept-encoding"] == "gzip, deflate")
            #expect("\(unknown.error)".contains("Content-Encoding"))
            for bytes in [Array(Self.body.utf8), Array(Self.gzipped.dropLast(9)), Self.gzipped + [1, 2, 3]] {
                let broken = try await client.send(
                    "POST", "/v1/completions", bytes, headers: ["Content-Encoding": "gzip"])
                #expect(broken.status == 400)
                #expect(broken.error["code"] == "invalid_body")
            }
        }
        try await front(FrontConfig(bodyBytesMax: 1000)) { client in
            let large = try await client.send(
                "POST", "/v1/completions", Self.bomb, headers: ["Content-Encoding": "gzip"])
            #expect(large.status == 413)
            let small = try await client.send(
                "POST", "/v1/completions", Self.gzipped, headers: ["Content-Encoding": "gzip"])
            #expect(small.status == 200)
        }
    }

    /// What gzip makes of so many blanks; each block of it is the same.
    private static func bomb(blocks: Int) -> [UInt8] {
        // A fixed Huffman block: a blank, then repetitions of 258 at a distance of 1.
        var bits: [UInt8] = []
        func add(_ value: Int, _ count: Int) { for bit in 0 ..< count { bits.append(UInt8(value >> bit & 1)) } }
        func addCode(_ value: Int, _ count: Int) {
            for bit in (0 ..< count).reversed() { bits.append(UInt8(value >> bit & 1)) }
        }
        add(0b010, 3)
        addCode(0x30 + 0x20, 8)
        for _ in 0 ..< blocks { addCode(0b1100_0101, 8); addCode(0, 5) }
        var bytes: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3]
        for start in stride(from: 0, to: bits.count - 7, by: 8) {
            bytes.append((0 ..< 8).reduce(0) { $0 | bits[start + $1] << UInt8($1) })
        }
        return bytes
    }

    @Test(
        "a small body that grows beyond all measure is refused by the limit, and goes no further",
        .timeLimit(.minutes(1)))
    func growth() async throws {
        try await front { client in
            let bomb = Self.bomb(blocks: 100_000)        // 25 MB, below the limit of a body
            let refused = try await client.send("POST", "/v1/completions", bomb, headers: ["Content-Encoding": "gzip"])
            #expect(refused.status == 413)
            #expect("\(refused.error)".contains("100 times"), "\(refused.error)")
        }
    }

    @Test("a compressed body that never becomes anything ends at the limit of a body", .timeLimit(.minutes(1)))
    func endlessNothing() async throws {
        try await front(FrontConfig(bodyBytesMax: 10_000)) { client in
            let nothing =
                [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3]
                + [[UInt8]](repeating: [0, 0, 0, 0xff, 0xff], count: 2100).joined()
            let head =
                FrontClient.head(
                    "POST", "/v1/completions", length: nil,
                    headers: ["Transfer-Encoding": "chunked", "Content-Encoding": "gzip"]) + "\r\n"
            let answer = try await client.withConnection { connection in
                try await connection.write(
                    Array(head.utf8) + Array("\(String(nothing.count, radix: 16))\r\n".utf8) + nothing + [13, 10])
                return String(decoding: try await connection.readToEnd(), as: UTF8.self)
            }
            #expect(statuses(answer) == [413])
        }
    }

    @Test("a byte order mark is passed over, UTF-16 is told from broken JSON", .timeLimit(.minutes(1)))
    func byteOrderMark() async throws {
        try await front { client in
            #expect(
                try await client.post(
                    "/v1/completions", "\u{FEFF}" + Self.body,
                    headers: ["Content-Type": "application/json; charset=utf-8"]
                ).status == 200)
            let wide = try await client.send(
                "POST", "/v1/completions",
                [0xFF, 0xFE] + Self.body.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
            #expect(wide.status == 400)
            #expect("\(wide.error)".contains("UTF-16"))
        }
    }

    @Test("every answer names its request, as the client does if it does", .timeLimit(.minutes(1)))
    func requestIDs() async throws {
        try await front { client in
            #expect(
                try await client.get("/health", headers: ["X-Request-Id": "mine 1"]).headers["x-request-id"] == "mine1")
            for (method, path) in [
                ("GET", "/health"), ("GET", "/nowhere"), ("POST", "/v1/completions"), ("OPTIONS", "/health"),
            ] {
                #expect(try await client.send(method, path, nil).headers["x-request-id"]?.hasPrefix("req_") == true)
            }
            let stream = try await client.post(
                "/v1/completions", #"{"prompt":"a","stream":true}"#, headers: ["x-request-id": "s"])
            #expect(stream.headers["x-request-id"] == "s")
            #expect(stream.headers["x-accel-buffering"] == "no")
            #expect(stream.headers["cache-control"] == "no-cache")
        }
    }

    @Test("pages of other origins are let in as configured, and only then", .timeLimit(.minutes(1)))
    func crossOrigin() async throws {
        let ask = [
            "Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        ]
        let origin = ["Origin": "http://localhost:3000"]
        try await front { client in
            let options = try await client.send("OPTIONS", "/v1/chat/completions", nil, headers: ask)
            #expect(options.status == 204)
            #expect(options.headers["allow"] == "GET, HEAD, POST, OPTIONS")
            #expect(options.headers.keys.allSatisfy { !$0.hasPrefix("access-control") })
        }
        for (list, allowed) in [("*", "*"), ("http://other, HTTP://localhost:3000", "http://localhost:3000")] {
            try await front(FrontConfig(apiKeys: ["k"], crossOrigin: try #require(CrossOrigin(list: list)))) { client in
                let options = try await client.send("OPTIONS", "/v1/chat/completions", nil, headers: ask)
                #expect(options.status == 204, "without a key")
                #expect(options.headers["access-control-allow-origin"] == allowed)
                #expect(options.headers["access-control-allow-methods"]?.contains("POST") == true)
                #expect(options.headers["access-control-allow-headers"] == "authorization,content-type")
                #expect(options.headers["access-control-max-age"] != nil)
                let key = origin.merging(["Authorization": "Bearer k"]) { given, _ in given }
                let answers = [
                    try await client.get("/v1/models", headers: origin),
                    try await client.get("/v1/models", headers: key), try await client.get("/nowhere", headers: origin),
                    try await client.post("/v1/completions", #"{"prompt":"a","stream":true}"#, headers: key),
                ]
                #expect(answers.map(\.status) == [401, 200, 404, 200])
                for answer in answers {
                    #expect(answer.headers["access-control-allow-origin"] == allowed)
                    #expect(answer.headers["vary"] == (list == "*" ? nil : "Origin"))
                }
                let foreign = try await client.send(
                    "OPTIONS", "/v1/models", nil, headers: ask.merging(["Origin": "http://evil"]) { _, new in new })
                #expect(foreign.headers["access-control-allow-origin"] == (list == "*" ? "*" : nil))
                #expect((foreign.headers["access-control-allow-methods"] != nil) == (list == "*"))
            }
        }
    }

    @Test("chunks with long extensions are refused", .timeLimit(.minutes(1)))
    func chunkExtensions() async throws {
        try await front { client in
            let head =
                FrontClient.head("POST", "/v1/completions", length: nil, headers: ["Transfer-Encoding": "chunked"])
                + "\r\n"
            let small = "1;a=b\r\n{\r\n" + Self.body.dropFirst().map { "1\r\n\($0)\r\n" }.joined() + "0\r\n\r\n"
            #expect(try await client.exchange(head + small, until: "}}").hasPrefix("HTTP/1.1 200"))
            let text = try await client.exchange(head + "1;a=" + String(repeating: "x", count: 1 << 20) + "\r\n{\r\n")
            #expect(statuses(text) == [400])
        }
    }

    /// As RFC 9113 has them.
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    private static let settings: [UInt8] = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]
    private static let request: [UInt8] = [0, 0, 1, 1, 5, 0, 0, 0, 1, 0x82]

    @Test(
        "who begins with HTTP/2 is sent to HTTP/1.1, however its bytes are cut", .timeLimit(.minutes(1)),
        arguments: [1, 7, 24, 1000])
    func http2(pieceBytes: Int) async throws {
        try await front { client in
            let answer = try await client.withConnection { connection in
                let bytes = Self.preface + Self.settings + Self.request
                for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
                    try await connection.write(Array(bytes[start ..< min(start + pieceBytes, bytes.count)]))
                }
                return try await connection.read(until: "\r", count: 1)
            }
            let reset: [UInt8] = [0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0xD]
            #expect(Array(answer.utf8) == [0, 0, 0, 4, 0, 0, 0, 0, 0] + reset)
        }
    }

    @Test("who speaks HTTP/2 and stays does so no longer than a request's head may take", .timeLimit(.minutes(1)))
    func http2Stays() async throws {
        var config = FrontConfig()
        config.connection.head = .seconds(2)
        try await front(config) { client in
            // Returns because the server closes.
            let answer = try await client.exchange(String(decoding: Self.preface, as: UTF8.self))
            #expect(Array(answer.utf8).starts(with: [0, 0, 0, 4, 0, 0, 0, 0, 0]))
        }
    }

    @Test("curl that begins with HTTP/2 gets its answer by HTTP/1.1", .timeLimit(.minutes(1)))
    func http2Curl() async throws {
        try await front { client in
            let curl = Process(), output = Pipe()
            curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            curl.arguments = ["curl", "-sS", "--http2-prior-knowledge", "http://127.0.0.1:\(client.port)/health"]
            (curl.standardOutput, curl.standardError) = (output, output)
            try curl.run()
            let text = await Task.detached {
                String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            }.value
            #expect(text == #"{"status":"ok"}"#)
        }
    }

    @Test("a request whose first letters are those of HTTP/2's preface is a request", .timeLimit(.minutes(1)))
    func beginsLikeHTTP2() async throws {
        try await front { client in
            let text = try await client.withConnection { connection in
                try await connection.write(Array("P".utf8))
                try await Task.sleep(for: .milliseconds(20))
                try await connection.write(Array(Self.post(headers: ["Connection": "close"]).utf8.dropFirst()))
                return String(decoding: try await connection.readToEnd(), as: UTF8.self)
            }
            #expect(statuses(text) == [200])
        }
    }
}
