import Chat
import Foundation
import JSON
import Records
import Synchronization
import Testing
import Tokenizer

@testable import Router

@Suite("Stored responses") struct ResponseStateTests {
    /// Runs `body` with records in memory, and with records on disk.
    private func withBothKinds(
        _ answers: String..., body: @escaping @Sendable (FrontClient, ScriptedGenerator) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "responses-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let kinds: [any ObjectRecords] = [MemoryRecords(), try SQLiteRecords(at: folder, tokenizer: "demo")]
        for records in kinds {
            let generator = answering(answers.map { demoTokenizer.encode($0) })
            try await withFront(generator, twoKeys, responses: records) { try await body($0, generator) }
        }
    }

    @Test("a response is shown as it was answered, whole or streamed, until it is deleted")
    func shown() async throws {
        try await withBothKinds("Hello", "Bye") { client, _ in
            let whole = try await client.respond(#"{"input":"hi","metadata":{"a":"b"}}"#)
            let streamed = try await client.respond(#"{"input":"hi","stream":true}"#)
            let last = try #require(streamed.chunks.last?["response"])
            for answer in [whole.json, last] {
                let path = "/v1/responses/\(answer["id"]?.string ?? "")"
                let shown = try await client.ask("GET", path, nil)
                #expect(shown.status == 200 && shown.json == answer, "\(shown.body)")
                let deleted = try await client.ask("DELETE", path, nil)
                #expect(deleted.json == ["id": answer["id"] ?? .null, "object": "response", "deleted": true])
                for method in ["GET", "DELETE"] {
                    let gone = try await client.ask(method, path, nil)
                    #expect(gone.status == 404 && gone.error["code"] == "response_not_found")
                }
            }
        }
    }

    @Test("items of one id get ids of their own, so that going through a conversation page by page comes to its end")
    func equalIDs() async throws {
        try await withBothKinds("Hello") { client, _ in
            let message = #"{"id":"msg_1","role":"user","content":"hi"}"#, three = "[\(message),\(message),\(message)]"
            let conversation = try await client.ask("POST", "/v1/conversations", #"{"items":\#(three)}"#).id
            let path = "/v1/conversations/\(conversation)/items"
            for _ in 0 ..< 2 { #expect(try await client.ask("POST", path, #"{"items":\#(three)}"#).status == 200) }
            let answer = try await client.respond(#"{"input":\#(three),"conversation":"\#(conversation)"}"#)
            #expect(answer.status == 200)
            var ids: [String] = [], after = ""
            for _ in 0 ..< 20 {
                let page = try await client.ask("GET", "\(path)?limit=4&order=asc\(after)", nil).json
                ids += page["data"]?.list.compactMap { $0["id"]?.string } ?? []
                guard page["has_more"] == true else { break }
                after = "&after=\(page["last_id"]?.string ?? "")"
            }
            #expect(ids.count == 13 && Set(ids).count == 13 && ids.first == "msg_1", "\(ids)")
        }
    }

    @Test("an id with a NUL is nobody's, and no item may have one")
    func nul() async throws {
        try await withBothKinds("Hello") { client, _ in
            let id = try await client.respond(#"{"input":"hi"}"#).id
            for (method, path) in [("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/input_items")] {
                let answer = try await client.ask(
                    method, "/v1/responses/\(id)%00x\(path)", method == "POST" ? "{}" : nil)
                #expect(answer.status == 404, "\(method) \(path): \(answer.body)")
            }
            let next = try await client.respond(#"{"input":"a","previous_response_id":"\#(id)\u0000"}"#)
            #expect(next.status == 400 && next.error["code"] == "previous_response_not_found", "\(next.body)")
            let item = try await client.respond(#"{"input":[{"id":"a\u0000b","role":"user","content":"hi"}]}"#)
            #expect(item.status == 400 && item.error["param"] == "input[0].id", "\(item.body)")
        }
    }

    @Test("input_tokens counts the prompt that the same request would make, with all that it goes on from")
    func inputTokens() async throws {
        try await withBothKinds("Hello", "Bye") { client, generator in
            let first = try await client.respond(#"{"input":"hi"}"#)
            for body in [
                #""input":"hi""#, #""input":"and?","previous_response_id":"\#(first.id)","instructions":"be kind""#,
            ] {
                let counted = try await client.ask("POST", "/v1/responses/input_tokens", "{\(body)}")
                #expect(counted.json["object"] == "response.input_tokens")
                let answer = try await client.respond("{\(body)}")
                #expect(answer.status == 200)
                #expect(counted.json["input_tokens"] == answer.json["usage"]?["input_tokens"], "\(counted.body)")
            }
            #expect(generator.requests.count == 3, "counting asks nothing of the model")
            let long = String(repeating: "word ", count: 5000)
            let counted = try await client.ask("POST", "/v1/responses/input_tokens", #"{"input":"\#(long)"}"#)
            #expect(counted.json["input_tokens"]?.integer ?? 0 > 2000, "also of a prompt that is too long")
            let wrong = try await client.ask("POST", "/v1/responses/input_tokens", #"{"input":"a","temperature":9}"#)
            #expect(wrong.status == 400 && wrong.error["param"] == "temperature")
        }
    }

    @Test("chat_template_kwargs reach the chat template of responses and of messages")
    func templateArguments() async throws {
        let template = "{% for m in messages %}{{ m.content }}{% endfor %}{{ flavour | default('plain') }}:"
        let config = FrontConfig(template: try CheckpointTemplate(sources: ["default": template], tokens: []))
        let generator = answering("Hello")
        try await withFront(generator, config) { client in
            for (path, body) in [
                ("/v1/responses", #""input":"hi""#),
                ("/v1/messages", #""messages":[{"role":"user","content":"hi"}],"max_tokens":4"#),
            ] {
                for more in ["", #","chat_template_kwargs":{"flavour":"sweet"}"#] {
                    let answer = try await client.post(path, "{\(body)\(more)}")
                    #expect(answer.status == 200)
                }
            }
        }
        #expect(
            generator.prompts.map { demoTokenizer.decode($0) } == ["hiplain:", "hisweet:", "hiplain:", "hisweet:"])
    }

    @Test("a response that is not to be stored is unknown afterwards")
    func notStored() async throws {
        try await withBothKinds("Hello") { client, _ in
            let answer = try await client.respond(#"{"input":"hi","store":false}"#)
            #expect(answer.status == 200 && answer.json["store"] == false)
            #expect(try await client.ask("GET", "/v1/responses/\(answer.id)", nil).status == 404)
            let next = try await client.respond(#"{"input":"a","previous_response_id":"\#(answer.id)"}"#)
            #expect(next.status == 400 && next.error["code"] == "previous_response_not_found")
        }
    }

    @Test("what answers another response has read all of it, apart from its instructions; two may answer one")
    func chain() async throws {
        try await withBothKinds("one", "two", "three", "four") { client, generator in
            let first = try await client.respond(#"{"input":"A","instructions":"Old."}"#)
            let second = try await client.respond(
                #"{"input":"B","previous_response_id":"\#(first.id)","instructions":"New."}"#)
            #expect(second.json["previous_response_id"] == .string(first.id))
            _ = try await client.respond(#"{"input":"C","previous_response_id":"\#(second.id)"}"#)
            _ = try await client.respond(#"{"input":"D","previous_response_id":"\#(first.id)"}"#)
            let texts = generator.promptTexts
            #expect(texts[1] == chatText([("system", "New."), ("user", "A"), ("assistant", "one"), ("user", "B")]))
            #expect(
                texts[2]
                    == chatText([
                        ("user", "A"), ("assistant", "one"), ("user", "B"), ("assistant", "two"), ("user", "C"),
                    ]))
            #expect(texts[3] == chatText([("user", "A"), ("assistant", "one"), ("user", "D")]))
            // Where a link is gone, so is what was said before it.
            #expect(try await client.ask("DELETE", "/v1/responses/\(first.id)", nil).status == 200)
            let broken = try await client.respond(#"{"input":"E","previous_response_id":"\#(second.id)"}"#)
            #expect(broken.status == 400 && broken.error["code"] == "previous_response_not_found")
        }
    }

    @Test("a call and its result go on over two turns")
    func calls() async throws {
        let tools = #""tools":[{"type":"function","name":"f","parameters":{}}]"#
        let generator = answering([saidCall("f", #"{"x": 1}"#), demoTokenizer.encode("seven")])
        try await withFront(generator) { client in
            let first = try await client.post("/v1/responses", "{\"input\":\"hi\",\(tools)}")
            let call = try #require(first.output.first?["call_id"]?.string)
            let second = try await client.post(
                "/v1/responses",
                """
                {"previous_response_id":"\(first.id)",\(tools),
                 "input":[{"type":"function_call_output","call_id":"\(call)","output":"7"}]}
                """)
            #expect(second.outputText == "seven", "\(second.body)")
            // What the model said stands in the prompt as it said it.
            #expect(
                generator.promptTexts[1].contains(
                    "ai name=assistant\n<function_call>```typescript\nfunctions.f({\"x\": 1})\n```"))
            #expect(generator.promptTexts[1].contains(#"{"name": "f", "response": 7}"#))
        }
    }

    @Test("a response's input is listed, in pages")
    func inputItems() async throws {
        try await withBothKinds("ok") { client, _ in
            let items = (0 ..< 5).map { #"{"role":"user","content":"\#($0)"}"# }.joined(separator: ",")
            let path = "/v1/responses/\(try await client.respond(#"{"input":[\#(items)]}"#).id)/input_items"
            func texts(_ query: String) async throws -> [String] {
                let answer = try await client.ask("GET", path + query, nil)
                #expect(answer.status == 200, "\(answer.body)")
                return answer.json["data"]?.list.compactMap { $0["content"]?.list[0]["text"]?.string } ?? []
            }
            #expect(try await texts("") == ["4", "3", "2", "1", "0"])
            #expect(try await texts("?order=asc&limit=2") == ["0", "1"])
            let page = try await client.ask("GET", path + "?limit=2", nil)
            #expect(page.json["has_more"] == true && page.json["object"] == "list")
            #expect(page.json["first_id"] == page.json["data"]?.list[0]["id"])
            let last = try #require(page.json["last_id"]?.string)
            #expect(try await texts("?limit=2&after=\(last)") == ["2", "1"])
            for (query, param) in [("limit=0", "limit"), ("limit=101", "limit"), ("order=up", "order")] {
                let answer = try await client.ask("GET", "\(path)?\(query)", nil)
                #expect(answer.status == 400 && answer.error["param"] == .string(param))
            }
            #expect(try await client.ask("GET", "\(path)?after=msg_x", nil).status == 404)
        }
    }

    @Test("an item that was stored can be referred to")
    func references() async throws {
        try await withBothKinds("stored text") { client, generator in
            let first = try await client.respond(#"{"input":"A"}"#)
            let id = try #require(first.output[0]["id"]?.string)
            _ = try await client.respond(
                #"{"input":[{"type":"item_reference","id":"\#(id)"},{"role":"user","content":"B"}]}"#)
            #expect(generator.promptTexts[1] == chatText([("assistant", "stored text"), ("user", "B")]))
            let unknown = try await client.respond(#"{"input":[{"type":"item_reference","id":"msg_no"}]}"#)
            #expect(unknown.status == 404 && unknown.error["code"] == "item_not_found")
        }
    }

    @Test("what a request goes on from or refers to has at most as many bytes as a request's body")
    func historyLimit() async throws {
        var config = FrontConfig()
        config.bodyBytesMax = 4500
        try await withFront(answering("ok"), config) { client in
            let text = String(repeating: "A word or two. ", count: 60)
            let ask = { (more: String) in try await client.post("/v1/responses", #"{"input":"\#(text)"\#(more)}"#) }
            func expectRefusal(_ answer: FrontClient.Answer, _ param: String) {
                #expect(answer.status == 400 && answer.error["param"] == .string(param), "\(answer.body)")
                #expect(answer.error["code"] == "context_length_exceeded")
            }
            var last = try await ask("")
            for _ in 0 ..< 2 { last = try await ask(#","previous_response_id":"\#(last.id)""#) }
            #expect(last.status == 200, "\(last.body)")
            expectRefusal(try await ask(#","previous_response_id":"\#(last.id)""#), "previous_response_id")
            let conversation = try await client.post("/v1/conversations", "{}").id
            for _ in 0 ..< 3 { #expect(try await ask(#","conversation":"\#(conversation)""#).status == 200) }
            expectRefusal(try await ask(#","conversation":"\#(conversation)""#), "conversation")
            let items = try await client.get("/v1/conversations/\(conversation)/items?order=asc&limit=1").json
            let reference = #"{"type":"item_reference","id":"\#(items["first_id"]?.string ?? "")"}"#
            func refer(_ count: Int) async throws -> FrontClient.Answer {
                let list = [String](repeating: reference, count: count).joined(separator: ",")
                return try await client.post("/v1/responses", #"{"input":[\#(list)]}"#)
            }
            #expect(try await refer(2).status == 200)
            expectRefusal(try await refer(5), "input")
        }
    }

    @Test("nobody learns of others' responses, conversations and items: they are as unknown as those that never were")
    func accounts() async throws {
        try await withBothKinds("ok") { client, _ in
            let response = try await client.respond(#"{"input":"A"}"#), item = response.output[0]["id"]?.string ?? ""
            let conversation = try await client.ask("POST", "/v1/conversations", "{}").id
            func same(_ method: String, _ path: String, _ body: String?, _ id: String) async throws {
                let asked = { (id: String) in
                    try await client.ask(
                        method, path.replacing("ID", with: id), body?.replacing("ID", with: id), key: "theirs")
                }
                let foreign = try await asked(id), unknown = try await asked("nobody")
                #expect(foreign.status == unknown.status && foreign.status >= 400, "\(method) \(path) \(foreign.body)")
                #expect(foreign.body == unknown.body.replacing("nobody", with: id))
            }
            for (method, path) in [
                ("GET", ""), ("DELETE", ""), ("GET", "/input_items"), ("POST", "/cancel"), ("GET", "?stream=true"),
            ] { try await same(method, "/v1/responses/ID\(path)", nil, response.id) }
            for (method, path, body) in [
                ("GET", "", nil), ("POST", "", #"{"metadata":{}}"#), ("DELETE", "", nil), ("GET", "/items", nil),
                ("POST", "/items", #"{"items":[]}"#), ("GET", "/items/x", nil), ("DELETE", "/items/x", nil),
            ] { try await same(method, "/v1/conversations/ID\(path)", body, conversation) }
            try await same("POST", "/v1/responses", #"{"input":"a","previous_response_id":"ID"}"#, response.id)
            try await same("POST", "/v1/responses", #"{"input":"a","conversation":"ID"}"#, conversation)
            try await same("POST", "/v1/responses", #"{"input":[{"type":"item_reference","id":"ID"}]}"#, item)
            #expect(try await client.ask("GET", "/v1/responses/\(response.id)", nil).status == 200)
            #expect(try await client.ask("GET", "/v1/conversations/\(conversation)", nil).status == 200)
        }
    }
}

@Suite("Conversations") struct ConversationTests {
    @Test("a response reads what its conversation has, and adds what was asked and answered")
    func conversation() async throws {
        let generator = answering("one", "two")
        try await withFront(generator) { client in
            let made = try await client.post(
                "/v1/conversations",
                #"{"metadata":{"topic":"demo"},"items":[{"role":"system","content":"Be kind."}]}"#)
            #expect(made.status == 200 && made.id.hasPrefix("conv_") && made.json["object"] == "conversation")
            #expect(made.json["metadata"] == ["topic": "demo"])
            let first = try await client.post("/v1/responses", #"{"input":"A","conversation":"\#(made.id)"}"#)
            #expect(first.json["conversation"] == ["id": .string(made.id)])
            let streamed = try await client.post(
                "/v1/responses", #"{"input":"B","conversation":{"id":"\#(made.id)"},"stream":true}"#)
            #expect(streamed.chunks.last?["type"] == "response.completed")
            #expect(
                generator.promptTexts[1]
                    == chatText([("system", "Be kind."), ("user", "A"), ("assistant", "one"), ("user", "B")]))
            let items = try await client.get("/v1/conversations/\(made.id)/items?order=asc").json["data"]?.list ?? []
            #expect(items.map { $0["role"] } == ["system", "user", "assistant", "user", "assistant"])
            #expect(items[2]["id"] == first.output[0]["id"])
            let previous = try await client.post(
                "/v1/responses", #"{"input":"C","previous_response_id":"\#(first.id)"}"#)
            #expect(previous.status == 400 && previous.error["param"] == "previous_response_id")
        }
    }

    @Test("items are added, shown and deleted; the notes are replaced; a deleted conversation is unknown")
    func items() async throws {
        try await withFront(answering("ok")) { client in
            let path = "/v1/conversations/\(try await client.post("/v1/conversations", "").id)"
            let added = try await client.post(
                path + "/items", #"{"items":[{"role":"user","content":"A"},{"role":"user","content":"B"}]}"#)
            let ids = added.json["data"]?.list.compactMap { $0["id"]?.string } ?? []
            #expect(ids.count == 2 && added.json["object"] == "list" && added.json["last_id"] == .string(ids[1]))
            let shown = try await client.get("\(path)/items/\(ids[0])")
            #expect(shown.json["content"] == [["type": "input_text", "text": "A"]])
            #expect(try await client.send("DELETE", "\(path)/items/\(ids[0])", nil).json["object"] == "conversation")
            #expect(try await client.get("\(path)/items/\(ids[0])").status == 404)
            #expect(try await client.send("DELETE", "\(path)/items/\(ids[0])", nil).status == 404)
            #expect(try await client.get("\(path)/items").json["data"]?.list.count == 1)
            #expect(try await client.post(path, #"{"metadata":{"k":"v"}}"#).json["metadata"] == ["k": "v"])
            #expect(try await client.get(path).json["metadata"] == ["k": "v"])
            let deleted = try await client.send("DELETE", path, nil)
            #expect(deleted.json["object"] == "conversation.deleted" && deleted.json["deleted"] == true)
            #expect(try await client.get(path).status == 404)
            for (body, param) in [
                ("{}", "items"), (#"{"items":7}"#, "items"),
                (#"{"items":[{"role":"x","content":"a"}]}"#, "items[0].role"),
            ] {
                let made = try await client.post("/v1/conversations", "{}").id
                let answer = try await client.post("/v1/conversations/\(made)/items", body)
                #expect(answer.status == 400 && answer.error["param"] == .string(param), "\(answer.body)")
            }
        }
    }
}

extension ConversationTests {
    @Test("notes that are replaced while items are added stay replaced")
    func notesMeanwhile() async throws {
        let memory = MemoryRecords(), conversation = Mutex("")
        let records = TroubledRecords(base: memory) { call in
            let id = conversation.withLock { $0 }
            guard call == .itemsNamed, var object = try await memory.object(id, .conversation, of: "") else {
                return
            }
            object.body = #"{"id":"\#(id)","metadata":{"topic":"new"}}"#
            try await memory.update(object, [], dropping: [], adding: nil)
        }
        try await withFront(answering("ok"), responses: records) { client in
            let made = try await client.post(
                "/v1/conversations", #"{"metadata":{"topic":"old"},"items":[{"role":"user","content":"A"}]}"#)
            conversation.withLock { $0 = made.id }
            let path = "/v1/conversations/\(made.id)"
            let item = try await client.get(path + "/items").json["first_id"]?.string ?? ""
            let added = try await client.post(
                path + "/items", #"{"items":[{"type":"item_reference","id":"\#(item)"}]}"#)
            #expect(added.status == 200, "\(added.body)")
            #expect(try await client.get(path).json["metadata"] == ["topic": "new"])
            #expect(try await client.get(path + "/items").json["data"]?.list.count == 2)
        }
    }

    @Test("an item is shown without reading the others")
    func oneItem() async throws {
        let records = TroubledRecords(base: MemoryRecords()) { call in
            if call == .items { throw RecordsError.unavailable("All items were read.") }
        }
        try await withFront(answering("ok"), responses: records) { client in
            let made = try await client.post("/v1/conversations", #"{"items":[{"role":"user","content":"A"}]}"#)
            let path = "/v1/conversations/\(made.id)/items"
            let item = try await client.get(path).json["first_id"]?.string ?? ""
            #expect(try await client.get("\(path)/\(item)").status == 200)
        }
    }
}

/// A prompt with the beginning of an answer.
func chatText(_ messages: [(String, String)]) -> String {
    demoTokenizer.decode(chatIDs(messages, asks: true), skippingSpecial: false)
}
