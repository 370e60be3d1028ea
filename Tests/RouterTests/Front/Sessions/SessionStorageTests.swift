import JSON
import Records
import Synchronization
import Testing

@testable import Router

/// Records whose medium can be made full.
private final class FullRecords: Records {
    private let inner = MemoryRecords()
    private let full = Mutex(false)

    func becomeFull(_ isFull: Bool) { full.withLock { $0 = isFull } }

    private func check() throws {
        if full.withLock({ $0 }) { throw RecordsError.unavailable("The session cannot be stored: the disk is full.") }
    }

    func create(_ session: Session) async throws {
        try check()
        try await inner.create(session)
    }
    func session(_ id: SessionID, of account: String) async throws -> Session? {
        try await inner.session(id, of: account)
    }
    func sessions(of account: String, _ page: PageRequest<SessionID>) async throws -> Page<Session.Facts> {
        try await inner.sessions(of: account, page)
    }
    func parents(of id: SessionID, of account: String) async throws -> [Session.Parent] {
        try await inner.parents(of: id, of: account)
    }
    func append(
        _ turns: [Session.Turn], to id: SessionID, of account: String, expecting version: Int, at time: Int
    ) async throws -> Session.Facts {
        try check()
        return try await inner.append(turns, to: id, of: account, expecting: version, at: time)
    }
    func cut(
        _ id: SessionID, of account: String, to count: Int, expecting version: Int, at time: Int
    ) async throws -> Session.Facts {
        try check()
        return try await inner.cut(id, of: account, to: count, expecting: version, at: time)
    }
    func delete(_ id: SessionID, of account: String) async throws { try await inner.delete(id, of: account) }
}

@Suite("Sessions that cannot be stored") struct SessionStorageTests {
    @Test(
        "a full disk is a 503 that says so; a stream says all of its answer first; then the session goes on as it was")
    func full() async throws {
        let records = FullRecords()
        try await withFront(ScriptedGenerator.saying([100]), twoKeys, sessions: SessionBook(records, tokenizer: "demo"))
        { client in
            let id = try await client.newSession(#"{"prompt":[1,2]}"#)
            records.becomeFull(true)
            let more = #"{"session_id":"\#(id)","prompt":[3]"#
            for (path, body) in [
                ("/v1/completions", more + "}"), ("/v1/sessions", "{}"), ("/v1/sessions/\(id)/fork", "{}"),
                ("/v1/sessions/\(id)/rewind", #"{"tokens":1}"#),
            ] {
                let answer = try await client.ask("POST", path, body)
                #expect(answer.status == 503 && answer.body.contains("the disk is full"), "\(path): \(answer.body)")
            }
            let stream = try await client.ask("POST", "/v1/completions", more + #","stream":true}"#)
            #expect(stream.status == 200 && stream.chunks.count == 3 && !stream.body.contains("[DONE]"))
            #expect(stream.chunks[1].text().contains(#""finish_reason":"stop""#), "\(stream.body)")
            #expect(stream.chunks[2]["error"]?["code"] == "service_unavailable")
            // Who has no session does not notice.
            let other = try await client.ask("POST", "/v1/completions", #"{"prompt":[3],"stream":true}"#)
            #expect(other.body.contains("[DONE]"))
            records.becomeFull(false)
            #expect(try await client.shown(id).tokenIDs == [1, 2])
            #expect(try await client.ask("POST", "/v1/completions", more + "}").status == 200)
            #expect(try await client.shown(id).tokenIDs == [1, 2, 3, 100])
        }
    }
}
