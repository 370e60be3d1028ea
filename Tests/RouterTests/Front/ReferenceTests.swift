import Foundation
import Hummingbird
import JSON
import Records
import Testing

@testable import Router

/// `/openapi.json` and `/docs`. That real answers are as they say is seen over a real cluster (`APIReferenceTests`).
@Suite("The API's reference") struct ReferenceTests {
    private static let document = "/openapi.json", page = "/docs"

    private func front(_ config: FrontConfig = FrontConfig()) throws -> Front {
        Front(
            generator: ScriptedGenerator.saying([]), tokenizer: demoTokenizer,
            tokenizerInfo: try demoTokenizerInfo.get(), config: config,
            sessions: SessionBook(MemoryRecords(), tokenizer: "demo"), responses: ResponseBook(MemoryRecords()),
            states: PlayedStates())
    }

    private var reference: APIReference {
        get throws {
            APIReference(
                ReferenceFacts(model: ScriptedGenerator.saying([]).model, asksForKeys: true, port: 8080))
        }
    }

    private func members(_ value: JSONValue?) -> [JSONValue.Member] {
        if case .object(let members)? = value { members } else { [] }
    }

    @Test("every endpoint that the front has is documented, and none that it has not")
    func endpoints() throws {
        // The models' names may have slashes, which a path of OpenAPI cannot say.
        let served = try front().router().routes.map { "\($0)".replacing("/**", with: "/{id}") }.filter {
            !$0.hasPrefix("HEAD ")
        }
        let documented = try reference.endpoints.map { "\($0.method.rawValue) \($0.path)" }
        #expect(Set(served) == Set(documented))
        #expect(served.count == documented.count && served.count > 40)
    }

    @Test("what a path answers to a wrong method is what is documented for it")
    func methods() throws {
        let endpoints = try reference.endpoints
        for path in Set(endpoints.map(\.path)) {
            var methods = Set(endpoints.filter { $0.path == path }.map(\.method.rawValue))
            if methods.contains("GET") { methods.insert("HEAD") }
            methods.insert("OPTIONS")
            let real = path.replacing("{id}", with: "thing_1").replacing("{item}", with: "item_1")
            let allowed = try #require(Endpoints.methods(real), "\(path)").split(separator: ", ").map { String($0) }
            #expect(Set(allowed) == methods, "\(path)")
        }
    }

    @Test("every reference in the document leads somewhere, and every schema is used")
    func references() throws {
        let text = try reference.document.text(), document = try reference.document
        let parts = text.components(separatedBy: #""$ref":""#).dropFirst().map { part in
            String(part.prefix { $0 != "\"" })
        }
        for path in Set(parts) {
            let found = path.split(separator: "/").dropFirst().reduce(document as JSONValue?) { $0?[String($1)] }
            #expect(found != nil, "\(path)")
        }
        let unused = try reference.schemas.map(\.name).filter { name in
            !parts.contains("#/components/schemas/\(name)")
        }
        #expect(unused == [])
        let ids = try reference.endpoints.map(\.id)
        #expect(Set(ids).count == ids.count)
    }

    @Test("both need no key, and what needs one says so")
    func keys() async throws {
        try await withFront(ScriptedGenerator.saying([]), FrontConfig(apiKeys: ["sk-one"])) { client in
            let document = try await client.get(Self.document)
            #expect(document.status == 200 && document.headers["content-type"] == "application/json")
            #expect(document.json["openapi"] == "3.1.0")
            let paths = document.json["paths"]
            let keys: JSONValue = [["bearer": []], ["apiKey": []]]
            #expect(paths?["/v1/chat/completions"]?["post"]?["security"] == keys)
            #expect(paths?["/v1/chat/completions"]?["post"]?["responses"]?["401"] != nil)
            #expect(paths?["/health"]?["get"]?["security"] == [])
            let page = try await client.get(Self.page)
            #expect(page.status == 200 && page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.body.contains("-H &#39;Authorization: Bearer KEY&#39;"))
            #expect(try await client.get("/v1/models").status == 401)
        }
        try await withFront(ScriptedGenerator.saying([])) { client in
            let post = try await client.get(Self.document).json["paths"]?["/v1/chat/completions"]?["post"]
            #expect(post?["security"] == [] && post?["responses"]?["401"] == nil)
            #expect(try await !client.get(Self.page).body.contains("Authorization"))
        }
    }

    @Test("the page shows everything, loads nothing, and runs nothing, whatever the model is called")
    func page() throws {
        var model = ScriptedGenerator.saying([]).model
        model.id = #"x"><script>alert('1')</script>&"#
        let reference = APIReference(ReferenceFacts(model: model, asksForKeys: false, port: 8181))
        let text = ReferencePage(reference).html
        #expect(!text.contains("<script") && text.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;"))
        #expect(!text.contains("src=") && !text.contains("<link") && !text.contains("https://"))
        for endpoint in reference.endpoints {
            #expect(text.contains("<code>\(endpoint.method.rawValue) \(endpoint.path)</code></h3>"))
        }
        for (name, _) in reference.schemas { #expect(text.contains("id=\"schema-\(name)\"")) }
        #expect(text.contains("<td>number, 0 to 2</td><td><code>1</code></td>"))        // temperature
        #expect(text.contains("curl http://localhost:8181/v1/sessions/ID/fork -d &#39;{}&#39;"))
    }

    @Test("browsers are told that the page runs nothing, and the hint at the root leads to it")
    func policy() async throws {
        try await withFront(ScriptedGenerator.saying([])) { client in
            let page = try await client.get(Self.page)
            #expect(page.headers["content-security-policy"]?.contains("default-src 'none'") == true)
            #expect(try await client.get("/").body.contains(Self.page))
        }
    }

    /// A body that an endpoint accepts, and the parameters that it is documented to refuse.
    private func refusals(of endpoint: DocumentedEndpoint) throws -> (body: [JSONValue.Member], names: [String]) {
        guard let body = endpoint.body else { return ([], []) }
        var schema = body.forms[0].schema.json
        if case .string(let path)? = schema["$ref"], let name = path.split(separator: "/").last {
            schema = try reference.document["components"]?["schemas"]?[String(name)] ?? .null
        }
        // Of what can be tokenized, a chat knows more parameters.
        let chat: JSONValue = ["messages": [["role": "user", "content": "Hi"]]]
        let example = endpoint.path.hasSuffix("/tokenize") ? chat : body.example
        return (members(example), members(schema[Schema.refusedKey]).map(\.name))
    }

    @Test("each parameter that is documented as refused is refused by name")
    func refused() async throws {
        let known = try reference.endpoints.filter { !$0.path.contains("{") }.map { endpoint in
            (path: endpoint.path, refusals: try refusals(of: endpoint))
        }
        try await withFront(ScriptedGenerator.saying([100])) { client in
            for (path, refusals) in known {
                for name in refusals.names {
                    let wish = JSONValue.Member(name: name, value: ["wish": "nonsense"])
                    let answer = try await client.post(path, JSONValue.object(refusals.body + [wish]).text())
                    #expect(answer.status == 400, "\(name) of \(path): \(answer.body)")
                    #expect(answer.body.contains("'\(name)' is not supported"), "\(path): \(answer.body)")
                }
            }
        }
        #expect(known.reduce(0) { $0 + $1.refusals.names.count } > 250)
    }
}
