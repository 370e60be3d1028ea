import Foundation
import JSON
import NIOHTTP1
import Testing

@testable import ClusterClient
@testable import Router

/// Sessions of others, those that are gone, and those that never were: nobody can tell them apart.
@Suite("Bad input about sessions", .serialized, .cluster(router: ["--api-keys", "one,two"]), .inTurn)
struct SessionBadInputTests {
    private struct Call: CustomTestStringConvertible {
        let method: HTTPMethod
        /// `ID` stands for the session's.
        let path: String
        var body = "{}"
        var testDescription: String { "\(method) \(path) \(body)" }
    }

    private static let chat = #""messages":[{"role":"user","content":"Hello"}],"max_tokens":2"#
    private static let calls = [
        Call(method: .GET, path: "/v1/sessions/ID"), Call(method: .GET, path: "/v1/sessions/ID?include=text,token_ids"),
        Call(method: .DELETE, path: "/v1/sessions/ID"), Call(method: .POST, path: "/v1/sessions/ID/fork"),
        Call(method: .POST, path: "/v1/sessions/ID/fork", body: #"{"tokens":100000}"#),
        Call(method: .POST, path: "/v1/sessions/ID/rewind", body: #"{"messages":0}"#),
        Call(method: .POST, path: "/v1/sessions/ID/rewind", body: #"{"tokens":100000}"#),
        Call(method: .POST, path: RESTCluster.chatPath, body: #"{"session_id":"ID",\#(chat)}"#),
        Call(method: .POST, path: RESTCluster.chatPath, body: #"{"session_id":"ID","stream":true,\#(chat)}"#),
        Call(method: .POST, path: RESTCluster.completionsPath, body: #"{"session_id":"ID","prompt":"a"}"#),
        Call(method: .GET, path: "/v1/sessions?after=ID"),
    ]

    private static func send(_ call: Call, _ id: String, key: String) async throws -> RESTClient.Answer {
        let rest = try suiteCluster().rest
        func named(_ text: String) -> String { text.replacingOccurrences(of: "ID", with: id) }
        let body = call.method == .POST ? Array(named(call.body).utf8) : []
        let headers = HTTPHeaders([("authorization", "Bearer \(key)")])
        return try await rest.request(call.method, named(call.path), headers: headers, body: body) { head, body in
            var bytes: [UInt8] = []
            for try await piece in body { bytes += piece }
            return RESTClient.Answer(head: head, body: bytes)
        }
    }

    private static func make(_ key: String) async throws -> String {
        let call = Call(method: .POST, path: "/v1/sessions", body: #"{"prompt":"Once upon a time"}"#)
        let answer = try await send(call, "", key: key)
        return try #require(try JSONReader.read(answer.body)["id"]?.text)
    }

    /// What a client sees, but for the id, the date and the request's own name.
    private static func seen(_ answer: RESTClient.Answer, _ id: String) -> String {
        let headers = answer.head.headers.filter { !["date", "x-request-id"].contains($0.name.lowercased()) }
        return "\(answer.status) \(headers) \(answer.text.replacingOccurrences(of: id, with: "ID"))"
    }

    @Test("unknown, foreign and deleted sessions get the same 404, byte for byte but for the id")
    func sameRefusal() async throws {
        let own = try await Self.make("one"), foreign = try await Self.make("two"), gone = try await Self.make("one")
        #expect(try await Self.send(Self.calls[2], gone, key: "one").status == 200)
        for call in Self.calls {
            let unknown = "sess_" + String(UUID().uuidString.filter { $0 != "-" }.prefix(24))
            let expected = try await Self.send(call, unknown, key: "one")
            #expect(expected.status == 404 && expected.text.contains("session_not_found"), "\(call): \(expected.text)")
            for id in [foreign, gone] {
                let found = try await Self.send(call, id, key: "one")
                #expect(Self.seen(found, id) == Self.seen(expected, unknown), "\(call.testDescription)")
            }
        }
        // Nobody else has changed what is not theirs.
        #expect(try await Self.send(Self.calls[0], foreign, key: "two").status == 200)
        #expect(try await Self.send(Self.calls[0], own, key: "one").status == 200)
    }

    @Test(
        "ids that nobody could have been given are 404 too",
        arguments: [
            "x", "sess_", "sess_0", "SESS_AAAAAAAAAAAAAAAAAAAAAAAA", "sess_AAAAAAAAAAAAAAAAAAAAAAAAA", "%00", "%FF%FE",
        ])
    func impossible(_ id: String) async throws {
        for call in Self.calls where call.path != "/v1/sessions?after=ID" {
            let answer = try await Self.send(call, id, key: "one")
            #expect(answer.status == 404, "\(call.testDescription) with \(id): \(answer.status) \(answer.text)")
        }
    }

    @Test(
        "places beyond the end, and no places, are refused by name and change nothing",
        arguments: [
            #"{"messages":2}"#, #"{"tokens":1000}"#, #"{"tokens":-1}"#, #"{"messages":-1}"#, #"{"tokens":1.5}"#,
            #"{"tokens":"1"}"#, #"{"messages":[]}"#, #"{"tokens":99999999999999999999}"#, #"{"messages":1,"tokens":1}"#,
            #"[]"#, #"{"#, #"{"tokens":2147483648}"#,
        ])
    func places(_ body: String) async throws {
        let id = try await Self.make("one"), before = try await Self.send(Self.calls[1], id, key: "one")
        for path in ["rewind", "fork"] {
            let call = Call(method: .POST, path: "/v1/sessions/ID/\(path)", body: body)
            let answer = try await Self.send(call, id, key: "one")
            #expect(answer.status == 400, "\(call.testDescription): \(answer.status) \(answer.text)")
            let error = try JSONReader.read(answer.body)["error"]
            #expect(error?["message"]?.text?.isEmpty == false)
        }
        let nowhere = try await Self.send(
            Call(method: .POST, path: "/v1/sessions/ID/rewind", body: "{}"), id, key: "one")
        #expect(nowhere.status == 400)
        let after = try await Self.send(Self.calls[1], id, key: "one")
        #expect(try JSONReader.read(after.body).withoutStates == JSONReader.read(before.body).withoutStates)
    }
}
