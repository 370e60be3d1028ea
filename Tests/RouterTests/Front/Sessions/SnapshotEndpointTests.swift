import Foundation
import JSON
import Messages
import Records
import Synchronization
import Testing

@testable import Router

/// The endpoints of snapshots; attention is played.
@Suite("Snapshot endpoints") struct SnapshotEndpointTests {
    /// A file of text, since the test client reads text: longer than two parts.
    private static let file = [UInt8]((0 ..< 300_000).map { String($0 + 1_000_000) }.joined(separator: ",").utf8)
    private static let prompt = #"{"prompt":[1,2,3]}"#

    /// A generator after whose reading of a prompt its state is kept.
    private static func reader(_ states: PlayedStates, loses: Int = 0) -> ScriptedGenerator {
        let left = Countdown(loses)
        return ScriptedGenerator { request, _ in
            if request.keepsEnd {
                states.keep(7, request.prompt, in: request.scope, file: Self.file)
                if left.step() { states.evict(7) }
            }
            return .length
        }
    }

    private func withSession(
        _ states: PlayedStates = PlayedStates(), loses: Int = 0, _ config: FrontConfig = twoKeys,
        _ body: @escaping @Sendable (FrontClient, String, ScriptedGenerator) async throws -> Void
    ) async throws {
        let generator = Self.reader(states, loses: loses)
        try await withFront(generator, config, states: states) { client in
            try await body(client, try await client.newSession(Self.prompt), generator)
        }
    }

    private static func get(
        _ client: FrontClient, _ id: String, _ headers: [String: String] = [:], method: String = "GET"
    ) async throws -> FrontClient.Answer {
        try await client.send(
            method, "/v1/sessions/\(id)/snapshot", nil,
            headers: headers.merging(["Authorization": "Bearer mine"]) { given, _ in given })
    }

    @Test("a session moves with the state of all its tokens, which is computed where none is kept")
    func moving() async throws {
        let states = PlayedStates()
        try await withSession(states) { client, id, generator in
            let path = "/v1/sessions/\(id)/move"
            for (body, members, moved) in [
                ("", "attention-2", true), (#"{"to":"attention-3"}"#, "attention-3", true),
                (#"{"to":"attention-1","priority":"low"}"#, "attention-1", false),
            ] {
                let answer = try await client.ask("POST", path, body)
                #expect(
                    answer.json == [
                        "id": .string(id), "object": "session.move", "tokens": 3, "moved": .bool(moved),
                        "members": [.string(members)],
                    ])
            }
            #expect(generator.requests.filter(\.keepsEnd).map(\.prompt) == [[1, 2, 3]])
            #expect(try await client.ask("POST", path, #"{"to":7}"#).error["param"] == "to")
            for (failure, status, code) in [
                (StateFailure.noMember("x"), 400, "member_not_found"), (.nowhere, 409, "no_other_replica"),
                (.moving, 409, "session_busy"), (.noRoom("it is full"), 503, "service_unavailable"),
            ] {
                states.fails(with: failure)
                let answer = try await client.ask("POST", path, #"{"to":"x"}"#)
                #expect(answer.status == status && answer.error["code"] == .string(code), "\(answer.body)")
            }
            #expect(try await client.ask("POST", "/v1/sessions/sess_x/move", "").status == 404)
            #expect(try await client.ask("GET", path, nil).status == 405)
        }
    }

    @Test("a state that is not kept is computed, its end kept, and stored; one that is there is only stored")
    func storing() async throws {
        let states = PlayedStates()
        try await withSession(states) { client, id, generator in
            for _ in 0 ..< 2 {
                let answer = try await client.ask("POST", "/v1/sessions/\(id)/snapshot", #"{"priority":"low"}"#)
                #expect(answer.status == 200, "\(answer.body)")
                #expect(
                    answer.json == [
                        "id": "snap_0000000000000007", "object": "session.snapshot", "session_id": .string(id),
                        "tokens": 3, "bytes": .int(Self.file.count), "model_fingerprint": "fp_test",
                    ])
            }
            let computed = generator.requests.filter(\.keepsEnd)
            #expect(computed.map(\.prompt) == [[1, 2, 3]] && computed.map(\.tokensMax) == [0])
            #expect(computed.map(\.priority) == [.low])
        }
    }

    @Test("what is evicted before it can be sent is computed again, once")
    func eviction() async throws {
        for (loses, status) in [(1, 200), (2, 503)] {
            try await withSession(loses: loses) { client, id, generator in
                let answer = try await Self.get(client, id)
                #expect(answer.status == status, "\(answer.body.prefix(200))")
                #expect(generator.requests.count { $0.keepsEnd } == 2)
            }
        }
    }

    @Test("the whole file, its parts and HEAD agree; parts put together are the whole")
    func download() async throws {
        let states = PlayedStates()
        try await withSession(states) { client, id, _ in
            let whole = try await Self.get(client, id)
            let text = String(decoding: Self.file, as: UTF8.self), tag = whole.headers["etag"] ?? ""
            #expect(whole.status == 200 && whole.body == text)
            #expect(
                whole.headers["content-length"] == "\(Self.file.count)" && whole.headers["accept-ranges"] == "bytes")
            #expect(whole.headers["content-type"] == "application/octet-stream" && tag.count == 34)
            let head = try await Self.get(client, id, ["Range": "bytes=0-1"], method: "HEAD")
            #expect(head.status == 200 && head.body.isEmpty && head.headers["etag"] == tag)
            #expect(head.headers["content-length"] == "\(Self.file.count)")
            var joined = "", start = 0
            for end in [1, 70_000, 1 << 20, 1 << 20 + 1, 2_000_000, Self.file.count] {
                let part = try await Self.get(client, id, ["Range": "bytes=\(start)-\(end - 1)", "If-Range": tag])
                #expect(part.status == 206 && part.headers["content-length"] == "\(end - start)")
                #expect(part.headers["content-range"] == "bytes \(start)-\(end - 1)/\(Self.file.count)")
                joined += part.body
                start = end
            }
            #expect(joined == text)
            let other = try await Self.get(client, id, ["Range": "bytes=5-9", "If-Range": "\"other\""])
            #expect(other.status == 200 && other.body == text)
            let beyond = try await Self.get(client, id, ["Range": "bytes=\(Self.file.count)-"])
            #expect(beyond.status == 416 && beyond.headers["content-range"] == "bytes */\(Self.file.count)")
            #expect(beyond.error["code"] == "range_not_satisfiable")
        }
    }

    @Test("a file that goes away in the middle ends its connection early, and never with other bytes")
    func goneMidway() async throws {
        let states = PlayedStates()
        try await withSession(states) { client, id, _ in
            states.loseFile(afterParts: 2)
            let answer = try await Self.get(client, id)
            #expect(answer.status == 200 && answer.body.utf8.count == 2 * StatePart.bytesMax)
            #expect(String(decoding: Self.file, as: UTF8.self).hasPrefix(answer.body))
        }
    }

    @Test("what has no state, or is another model's or somebody else's, is refused")
    func refusals() async throws {
        let records = SessionBook(MemoryRecords(), tokenizer: "demo")
        let mine = PrefixScopes(apiKeys: ["mine"], names: [], areShared: false).scope(of: 0, salt: nil).text
        let foreign = try await records.create([.init(role: "prompt", tokens: [4096])], metadata: [:], of: mine)
        let long = try await records.create(
            [.init(role: "prompt", tokens: [Int32](repeating: 1, count: 2001))], metadata: [:], of: mine)
        let states = PlayedStates()
        try await withFront(Self.reader(states), twoKeys, sessions: records, states: states) { client in
            let empty = try await client.newSession(), theirs = try await client.newSession(Self.prompt, key: "theirs")
            for (id, status, code) in [
                (empty, 400, "session_empty"), (foreign.facts.id.text, 409, "session_of_another_model"),
                (long.facts.id.text, 400, "context_length_exceeded"), (theirs, 404, "session_not_found"),
            ] {
                for method in ["GET", "POST"] {
                    let answer = try await client.ask(method, "/v1/sessions/\(id)/snapshot", method == "GET" ? nil : "")
                    #expect(answer.status == status && answer.error["code"] == .string(code), "\(answer.body)")
                }
            }
            #expect(try await client.ask("DELETE", "/v1/sessions/\(empty)/snapshot", nil).status == 405)
        }
    }

    @Test("the failures of attention become answers, and none of them is the client's fault")
    func failures() async throws {
        let states = PlayedStates()
        try await withSession(states) { client, id, _ in
            for (failure, status, words) in [
                (StateFailure.noRoom("state 1 needs 5 bytes of disk, 4 of 9 are free"), 503, "5 bytes of disk"),
                (.unavailable, 503, "was lost"), (.failed("x"), 500, "failed"),
            ] {
                states.fails(with: failure)
                let answer = try await client.ask("POST", "/v1/sessions/\(id)/snapshot", "")
                #expect(answer.status == status && answer.body.contains(words), "\(answer.body)")
                #expect(try await Self.get(client, id).status == status)
            }
        }
    }

    @Test("at most so many downloads of a client at a time, so that slow ones cannot fill memory")
    func share() async throws {
        var config = twoKeys
        (config.bodiesBytesMax, config.bodyBytesMax) = (4 << 20, 1 << 20)
        try await withSession(PlayedStates(), config) { client, id, _ in
            let answer = try await Self.get(client, id)
            #expect(answer.status == 429 && answer.body.contains("Too many snapshots"), "\(answer.body)")
        }
    }

    // MARK: uploads

    private static func upload(
        _ client: FrontClient, _ bytes: [UInt8], type: String = "application/octet-stream",
        _ headers: [String: String] = [:]
    ) async throws -> FrontClient.Answer {
        try await client.send(
            "POST", "/v1/sessions", bytes,
            headers: headers.merging(["Authorization": "Bearer mine", "Content-Type": type]) { given, _ in given })
    }

    @Test("a file goes to attention in parts, and becomes a session of the tokens in it")
    func restoring() async throws {
        for type in ["application/octet-stream", "Application/vnd.safetensors; x=y"] {
            let states = PlayedStates()
            states.findTokens([5, 6, 7])
            try await withFront(ScriptedGenerator.saying([]), twoKeys, states: states) { client in
                let answer = try await Self.upload(client, Self.file, type: type)
                #expect(answer.status == 200 && answer.json["tokens"] == 3, "\(answer.body)")
                guard case .string(let id)? = answer.json["id"] else { return }
                #expect(try await client.shown(id).tokenIDs == [5, 6, 7])
                #expect(try await client.ask("GET", "/v1/sessions/\(id)", nil, key: "theirs").status == 404)
                #expect(states.arrived == [Self.file])
                let part = StatePart.bytesMax
                #expect(
                    Array(states.calls.prefix(5)) == [
                        "take \(part) at 0", "take \(part) at \(part)",
                        "take \(Self.file.count - 2 * part) at \(2 * part), the last", "tokens", "learn 3",
                    ])
            }
        }
    }

    @Test("files that cannot be restored are refused, and nothing is left of them")
    func badUploads() async throws {
        let states = PlayedStates(fileBytesMax: 1000)
        try await withFront(ScriptedGenerator.saying([]), twoKeys, states: states) { client in
            func refused(
                _ status: Int, _ words: String, _ bytes: [UInt8] = [1, 2, 3], _ headers: [String: String] = [:]
            ) async throws {
                let answer = try await Self.upload(client, bytes, headers)
                #expect(answer.status == status && answer.body.contains(words), "\(answer.body)")
                #expect(states.ids.isEmpty)
                #expect(try await client.ask("GET", "/v1/sessions", nil).json["data"] == [])
            }
            try await refused(400, "no body", [])
            try await refused(413, "larger than", [UInt8](repeating: 0, count: 1_100_000))
            try await refused(415, "Content-Encoding", [1], ["Content-Encoding": "gzip"])
            states.findTokens([1, 4096])
            try await refused(400, "token id 4096, expected 0 to 4095")
            states.findTokens([1, -1])
            try await refused(400, "token id -1")
            states.findTokens([Int32](repeating: 1, count: 2001))
            try await refused(400, "2001 tokens, expected 1 to 2000")
            states.fails(with: .refused("state 1 cannot be taken: the state is of another checkpoint"))
            try await refused(400, "another checkpoint")
            states.fails(with: .noRoom("the sequence needs 5 bytes of state, 4 of 9 are free"))
            try await refused(503, "5 bytes of state")
        }
    }
}

/// Says so often that it is not at its end.
private final class Countdown: Sendable {
    private let left: Mutex<Int>
    init(_ count: Int) { left = Mutex(count) }
    func step() -> Bool {
        left.withLock {
            $0 -= 1; return $0 >= 0
        }
    }
}
