import Foundation
import JSON
import Messages
import Records
import Testing

@testable import Router

@Suite("Endpoints of sessions") struct SessionEndpointTests {
    private let three =
        #"{"messages":[{"role":"system","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":"c"}],"metadata":{"title":"t"}}"#

    @Test("a new session is read by the model at once, and tells what it is")
    func creation() async throws {
        let generator = ScriptedGenerator.saying([])
        try await withFront(generator, twoKeys) { client in
            let answer = try await client.ask("POST", "/v1/sessions", three), json = answer.json
            #expect(answer.status == 200, "\(answer.body)")
            let ids = chatIDs([("system", "a"), ("user", "b"), ("assistant", "c")], asks: false)
            #expect(generator.requests.map(\.prompt) == [ids] && generator.requests[0].tokensMax == 0)
            #expect(json["object"] == "session" && json["tokens"] == .int(ids.count))
            #expect(json["message_count"] == 3 && json["metadata"] == ["title": "t"] && json["parents"] == [])
            #expect(json["token_ids"] == nil)
            guard case .string(let id)? = json["id"] else { return }
            let shown = try await client.shown(id)
            #expect(shown.tokenIDs == ids && shown.roles == ["system", "user", "assistant"])
            #expect(shown["messages"]?.text().contains("user name=user") == true)
        }
    }

    @Test("a session whose beginning the model could not read is not made")
    func failedCreation() async throws {
        let generator = ScriptedGenerator { _, _ in throw GenerationError.overloaded("Full.", retryAfter: .seconds(1)) }
        try await withFront(generator, twoKeys) { client in
            let refused = try await client.ask("POST", "/v1/sessions", three)
            #expect(refused.status == 429)
            let list = try await client.ask("GET", "/v1/sessions", nil)
            #expect(list.json["data"] == [])
            let empty = try await client.ask("POST", "/v1/sessions", "")
            #expect(empty.status == 200)        // there is nothing to read
        }
    }

    @Test("bad input is refused by name")
    func badInput() async throws {
        let long = String(repeating: "x", count: 513)
        let pairs = (0 ..< 17).map { #""\#($0)":"""# }.joined(separator: ",")
        try await withFront(ScriptedGenerator.saying([]), twoKeys) { client in
            for (body, param) in [
                (#"{"messages":[{"role":"user","content":"x"}],"prompt":"x"}"#, "prompt"), (#"{"prompt":7}"#, "prompt"),
                (#"{"prompt":[4096]}"#, "prompt"), (#"{"messages":"x"}"#, "messages"),
                (#"{"metadata":[]}"#, "metadata"),
                (#"{"metadata":{"a":1}}"#, "metadata"), (#"{"metadata":{"a":"\#(long)"}}"#, "metadata"),
                (#"{"metadata":{"\#(long)":""}}"#, "metadata"), (#"{"metadata":{\#(pairs)}}"#, "metadata"),
                (#"{"prompt":\#([Int32](repeating: 1, count: 2000))}"#, "prompt"), (#"{"stream":true}"#, "stream"),
                (#"{"tools":[{"type":"function","function":{"name":"f"}}]}"#, "tools"),
                (#"{"session_id":"x"}"#, "session_id"), (#"{"truncate_prompt_tokens":5}"#, "truncate_prompt_tokens"),
                (#"{"chat_template":"x"}"#, "chat_template"),
                (#"{"add_generation_prompt":true}"#, "add_generation_prompt"),
                (#"{"suffix":"x"}"#, "suffix"), (#"{"model":7}"#, "model"),
            ] {
                let answer = try await client.ask("POST", "/v1/sessions", body)
                #expect(answer.status == 400 && answer.error["param"] == .string(param), "\(body): \(answer.body)")
            }
            for (query, param) in [
                ("limit=0", "limit"), ("limit=x", "limit"), ("limit=0x10", "limit"), ("order=up", "order"),
            ] {
                let answer = try await client.ask("GET", "/v1/sessions?\(query)", nil)
                #expect(answer.status == 400 && answer.error["param"] == .string(param), "\(query): \(answer.body)")
            }
            let other = try await client.ask("POST", "/v1/sessions", #"{"model":"other"}"#)
            #expect(other.status == 404 && other.error["code"] == "model_not_found")
            #expect(try await client.ask("GET", "/v1/sessions", nil).json["data"] == [])
            let id = try await client.newSession(
                #"{"stream":false,"tools":[],"tool_choice":"auto","add_generation_prompt":false,"temperature":0}"#)
            #expect(try await client.ask("GET", "/v1/sessions/\(id)?include=all", nil).status == 400)
            #expect(try await client.ask("PUT", "/v1/sessions/\(id)", "{}").status == 405)
            #expect(try await client.ask("GET", "/v1/sessions/\(id)/fork", nil).status == 405)
            #expect(try await client.ask("POST", "/v1/sessions/\(id)/nothing", "{}").error["code"] == "unknown_url")
            #expect(try await client.ask("GET", "/v1/sessions", nil, key: "wrong").status == 401)
        }
    }

    @Test("unknown, foreign, deleted and impossible ids get the same answer everywhere")
    func unknownIDs() async throws {
        try await withFront(ScriptedGenerator.saying([100]), twoKeys) { client in
            let foreign = try await client.newSession(three, key: "theirs")
            let deleted = try await client.newSession(three)
            let answer = try await client.ask("DELETE", "/v1/sessions/\(deleted)", nil)
            #expect(answer.json == ["id": .string(deleted), "object": "session.deleted", "deleted": true])
            for id in [SessionID().text, foreign, deleted, "x", "sess_%22%0A"] {
                let body = #"{"session_id":"\#(id)","messages":[{"role":"user","content":"x"}]}"#
                let paged = try await client.ask("GET", "/v1/sessions?after=\(id)", nil)
                #expect(paged.error["param"] == "after")
                let refusals = [
                    paged, try await client.ask("GET", "/v1/sessions/\(id)", nil),
                    try await client.ask("DELETE", "/v1/sessions/\(id)", nil),
                    try await client.ask("POST", "/v1/sessions/\(id)/fork", "{}"),
                    try await client.ask("POST", "/v1/sessions/\(id)/rewind", #"{"tokens":0}"#),
                    try await client.ask("POST", "/v1/chat/completions", body),
                    try await client.ask("POST", "/v1/completions", #"{"session_id":"\#(id)","prompt":"x"}"#),
                ]
                #expect(refusals.dropFirst().allSatisfy { $0.error["param"] == "session_id" })
                for refusal in refusals {
                    #expect(refusal.status == 404 && refusal.error["code"] == "session_not_found", "\(refusal.body)")
                    guard !id.contains("%"), case .string(let message)? = refusal.error["message"] else { continue }
                    #expect(message == "No session has the id '\(id)'.")
                }
            }
            #expect(try await client.shown(foreign, key: "theirs").roles.count == 3)
        }
    }

    @Test("a fork begins where it was asked to, names its parent, and neither changes the other")
    func fork() async throws {
        try await withFront(ScriptedGenerator.saying([100]), twoKeys) { client in
            let id = try await client.newSession(three), whole = try await client.shown(id)
            for (body, tokens) in [
                ("", whole.tokenIDs.count), (#"{"messages":2}"#, whole.positions[1]), (#"{"messages":0}"#, 0),
                (#"{"tokens":5}"#, 5), (#"{"tokens":\#(whole.tokenIDs.count)}"#, whole.tokenIDs.count),
            ] {
                let fork = try await client.ask("POST", "/v1/sessions/\(id)/fork", body).json
                guard case .string(let forkID)? = fork["id"] else {
                    Issue.record("\(fork.text())")
                    return
                }
                #expect(forkID != id && fork["parents"] == [["id": .string(id), "tokens": .int(tokens)]])
                #expect(try await client.shown(forkID).tokenIDs == Array(whole.tokenIDs.prefix(tokens)))
                let more = #"{"session_id":"\#(forkID)","prompt":[7]}"#
                #expect(try await client.ask("POST", "/v1/completions", more).status == 200)
            }
            #expect(try await client.shown(id).tokenIDs == whole.tokenIDs)
        }
    }

    @Test("rewinding cuts to a message or a token; beyond the end both numbers are named")
    func rewind() async throws {
        try await withFront(ScriptedGenerator.saying([]), twoKeys) { client in
            let id = try await client.newSession(three), whole = try await client.shown(id)
            let count = whole.tokenIDs.count
            for (body, numbers) in [(#"{"messages":4}"#, ["4", "3"]), (#"{"tokens":9999}"#, ["9999", "\(count)"])] {
                let answer = try await client.ask("POST", "/v1/sessions/\(id)/rewind", body)
                #expect(answer.status == 400)
                guard case .string(let message)? = answer.error["message"] else { continue }
                for number in numbers { #expect(message.contains(number)) }
            }
            for body in [
                "{}", #"{"tokens":1,"metadata":{"a":"b"}}"#, #"{"tokens":1,"metadata":7}"#,
                #"{"messages":1,"tokens":1}"#, #"{"tokens":-1}"#, #"{"tokens":"x"}"#, #"{"tokens":1.5}"#,
            ] {
                #expect(try await client.ask("POST", "/v1/sessions/\(id)/rewind", body).status == 400, "\(body)")
            }
            #expect(try await client.shown(id).tokenIDs == whole.tokenIDs)
            _ = try await client.ask("POST", "/v1/sessions/\(id)/rewind", #"{"messages":2}"#)
            #expect(try await client.shown(id).tokenIDs == Array(whole.tokenIDs.prefix(whole.positions[1])))
            _ = try await client.ask("POST", "/v1/sessions/\(id)/rewind", #"{"tokens":\#(whole.positions[0] + 1)}"#)
            let cut = try await client.shown(id)
            #expect(cut.tokenIDs == Array(whole.tokenIDs.prefix(whole.positions[0] + 1)) && cut.roles.count == 2)
            _ = try await client.ask("POST", "/v1/sessions/\(id)/rewind", #"{"tokens":0}"#)
            #expect(try await client.shown(id).tokenIDs.isEmpty)
        }
    }

    @Test("lists have OpenAI's shape and are paged")
    func list() async throws {
        try await withFront(ScriptedGenerator.saying([]), twoKeys) { client in
            var ids: [String] = []
            for _ in 0 ..< 3 { ids.append(try await client.newSession()) }
            _ = try await client.newSession(key: "theirs")
            let first = try await client.ask("GET", "/v1/sessions?limit=2", nil).json
            #expect(first["object"] == "list" && first["has_more"] == true)
            #expect(first["first_id"] == .string(ids[2]) && first["last_id"] == .string(ids[1]))
            let rest = try await client.ask("GET", "/v1/sessions?limit=2&after=\(ids[1])", nil).json
            #expect(rest["has_more"] == false && rest["first_id"] == .string(ids[0]))
            let oldest = try await client.ask("GET", "/v1/sessions?order=asc&limit=1", nil).json
            #expect(oldest["first_id"] == .string(ids[0]))
        }
    }

    @Test("where states along a session are kept is asked anew each time, and left out where nobody answers")
    func whereabouts() async throws {
        let states = PlayedStates()
        try await withFront(ScriptedGenerator.saying([]), states: states) { client in
            let id = try await client.newSession(#"{"prompt":[1,2,3]}"#)
            #expect(try await client.shown(id)["states"] == [])
            states.keep(1, [1, 2], in: .everyone, file: [])
            states.keep(2, [1, 2, 3], in: .everyone, file: [UInt8](repeating: 1, count: 9))
            states.keep(3, [1, 2, 4], in: .everyone, file: [1])
            states.keep(4, [1], in: PrefixScope(text: "somebody else's"), file: [1])
            let json = try await client.shown(id)
            #expect(json["bytes_in_memory"] == 500 && json["bytes_on_disk"] == 9)
            #expect(
                json["states"] == [
                    ["tokens": 2, "bytes_in_memory": 200, "bytes_on_disk": 0],
                    ["tokens": 3, "bytes_in_memory": 300, "bytes_on_disk": 9],
                ])
            states.fails(with: .unavailable)
            let without = try await client.shown(id)
            #expect(without["states"] == nil && without["bytes_in_memory"] == nil && without["tokens"] == 3)
        }
    }

    @Test("sessions in SQLite go on with another front, for their account alone; tokens of another model are refused")
    func restart() async throws {
        let folder = NSTemporaryDirectory() + "sessions-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let generator = ScriptedGenerator.saying([100])
        let (ids, giving) = AsyncStream<String>.makeStream()
        func book(tokenizer: String = "demo") throws -> SessionBook {
            SessionBook(try SQLiteRecords(at: folder, tokenizer: tokenizer), tokenizer: tokenizer)
        }
        try await withFront(generator, twoKeys, sessions: book()) { client in
            giving.yield(try await client.newSession(#"{"prompt":[1,2]}"#))
        }
        var turned = twoKeys
        turned.apiKeys.reverse()
        let again = try book(),
            mine = PrefixScopes(apiKeys: ["mine"], names: [], areShared: false).scope(of: 0, salt: nil).text
        let foreign = try await again.create([.init(role: "prompt", tokens: [4096])], metadata: [:], of: mine)
        try await withFront(generator, turned, sessions: again) { client in
            for await id in ids.prefix(1) {
                let more = #"{"session_id":"\#(id)","prompt":[3]}"#
                #expect(try await client.ask("POST", "/v1/completions", more, key: "theirs").status == 404)
                #expect(try await client.ask("POST", "/v1/completions", more).status == 200)
                #expect(try await client.shown(id).tokenIDs == [1, 2, 3, 100])
            }
            let answer = try await client.ask("POST", "/v1/completions", #"{"session_id":"\#(foreign.facts.id)"}"#)
            #expect(answer.status == 409 && answer.error["code"] == "session_of_another_model", "\(answer.body)")
        }
    }
    @Test(
        "a session that another tokenizer has made is listed, shown and deleted; whatever needs its tokens is refused")
    func otherTokenizer() async throws {
        let folder = NSTemporaryDirectory() + "sessions-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (ids, giving) = AsyncStream<String>.makeStream()
        func book(_ tokenizer: String) throws -> SessionBook {
            SessionBook(try SQLiteRecords(at: folder, tokenizer: tokenizer), tokenizer: tokenizer)
        }
        try await withFront(ScriptedGenerator.saying([100]), twoKeys, sessions: book("one")) { client in
            giving.yield(try await client.newSession(#"{"prompt":[1,2],"metadata":{"title":"t"}}"#))
        }
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator, twoKeys, sessions: book("other")) { client in
            for await id in ids.prefix(1) {
                let chat = #"{"session_id":"\#(id)","messages":[{"role":"user","content":"x"}]}"#
                for (method, path, body) in [
                    ("POST", "/v1/chat/completions", chat),
                    ("POST", "/v1/completions", #"{"session_id":"\#(id)","prompt":[3]}"#),
                    ("POST", "/v1/sessions/\(id)/fork", "{}"), ("POST", "/v1/sessions/\(id)/rewind", #"{"tokens":1}"#),
                    ("POST", "/v1/sessions/\(id)/snapshot", ""), ("GET", "/v1/sessions/\(id)/snapshot", nil),
                    ("GET", "/v1/sessions/\(id)?include=text", nil),
                ] {
                    let answer = try await client.ask(method, path, body)
                    #expect(
                        answer.status == 409 && answer.body.contains("another tokenizer"), "\(path): \(answer.body)")
                    #expect(answer.error["code"] == "session_of_another_tokenizer")
                }
                #expect(generator.requests.isEmpty)
                let shown = try await client.ask("GET", "/v1/sessions/\(id)?include=token_ids", nil).json
                #expect(shown.tokenIDs == [1, 2] && shown["metadata"] == ["title": "t"])
                #expect(try await client.ask("GET", "/v1/sessions", nil).json["first_id"] == .string(id))
                #expect(try await client.ask("DELETE", "/v1/sessions/\(id)", nil).status == 200)
            }
        }
    }
}
