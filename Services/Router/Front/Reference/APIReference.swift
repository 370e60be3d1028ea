internal import JSON
internal import ServiceLife

/// What the API is, told to programs and to people; made once.
struct APIReference: Sendable {
    private static var families: [any DocumentedFamily.Type] {
        [
            CommonReference.self, ChatReference.self, CompletionReference.self, ResponseReference.self,
            ConversationReference.self, MessagesReference.self, SessionReference.self, TextReference.self,
            ServerReference.self,
        ]
    }

    let facts: ReferenceFacts
    let endpoints: [DocumentedEndpoint]
    /// By name.
    let schemas: [(name: String, schema: Schema)]

    init(_ facts: ReferenceFacts) {
        self.facts = facts
        endpoints = Self.families.flatMap { $0.endpoints(facts) }
        schemas = Self.families.flatMap { $0.schemas(facts).map { ($0.key, $0.value) } }
    }

    static let title = "MiniMax Cluster"

    static let about = """
        The REST API of a cluster that serves MiniMax-01 models: OpenAI's chat completions, completions, responses \
        and conversations, Anthropic's messages, and sessions of our own. Parameters that are null are the same as \
        absent ones. Unknown parameters change nothing; a well-known one that would change the answer and cannot be \
        honoured is refused by name (`\(Schema.refusedKey)` lists those of each request). All paths of GET also answer \
        HEAD, all paths answer OPTIONS, and a method that a path does not know is a 405 with `Allow`. JSON is read \
        whatever `Content-Type` says. Every answer has an `x-request-id`.
        """
}

// The document of OpenAPI 3.1.
extension APIReference {
    var document: JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": .string(Self.title), "version": .string(productVersion), "description": .string(Self.about),
            ],
            "servers": [["url": "/"]],
            "tags": .array(DocumentedEndpoint.Group.allCases.map { ["name": .string($0.rawValue)] }),
            "paths": paths, "components": components,
        ]
    }

    private var paths: JSONValue {
        var paths: [JSONValue.Member] = []
        for endpoint in endpoints {
            let operation = JSONValue.Member(name: endpoint.method.rawValue.lowercased(), value: json(endpoint))
            if let index = paths.firstIndex(where: { $0.name == endpoint.path }),
                case .object(let others) = paths[index].value
            {
                paths[index].value = .object(others + [operation])
            } else {
                paths.append(JSONValue.Member(name: endpoint.path, value: .object([operation])))
            }
        }
        return .object(paths)
    }

    private func json(_ endpoint: DocumentedEndpoint) -> JSONValue {
        var members: [JSONValue.Member] = []
        func add(_ name: String, _ value: JSONValue) { members.append(JSONValue.Member(name: name, value: value)) }
        add("operationId", .string(endpoint.id))
        add("tags", [.string(endpoint.group.rawValue)])
        add("summary", .string(endpoint.summary))
        if !endpoint.text.isEmpty { add("description", .string(endpoint.text)) }
        if !endpoint.parameters.isEmpty { add("parameters", .array(endpoint.parameters.map(\.json))) }
        if let body = endpoint.body { add("requestBody", body.json) }
        add("responses", responses(of: endpoint))
        let keys: JSONValue = endpoint.needsKey && facts.asksForKeys ? [["bearer": []], ["apiKey": []]] : []
        add("security", keys)
        return .object(members)
    }

    private func responses(of endpoint: DocumentedEndpoint) -> JSONValue {
        var responses = endpoint.answers.map { JSONValue.Member(name: "\($0.status)", value: $0.json) }
        for status in endpoint.allRefusals(asksForKeys: facts.asksForKeys)
        where !responses.contains(where: { $0.name == "\(status)" }) {
            let name = Refusals.name(status, endpoint.refusalForm)
            responses.append(
                JSONValue.Member(
                    name: "\(status)", value: ["$ref": .string("#/components/responses/\(name)")]))
        }
        return .object(responses)
    }

    private var components: JSONValue {
        [
            "schemas": .object(schemas.map { JSONValue.Member(name: $0.name, value: $0.schema.json) }),
            "responses": .object(
                Refusals.used(by: endpoints, asksForKeys: facts.asksForKeys).map { status, form in
                    JSONValue.Member(name: Refusals.name(status, form), value: Refusals.json(status, form))
                }),
            "headers": [
                "RequestID": [
                    "description": "Names the request; the client's own where it sent one.", "required": true,
                    "schema": Schema.string.json,
                ]
            ],
            "securitySchemes": [
                "bearer": ["type": "http", "scheme": "bearer"],
                "apiKey": ["type": "apiKey", "in": "header", "name": "x-api-key"],
            ],
        ]
    }
}

extension DocumentedEndpoint.Parameter {
    fileprivate var json: JSONValue {
        [
            "name": .string(name), "in": .string(place.rawValue), "required": .bool(place == .path),
            "description": .string(text), "schema": schema.json,
        ]
    }
}

extension DocumentedEndpoint.Body {
    fileprivate var json: JSONValue {
        let content = forms.enumerated().map { index, form in
            let example = index == 0 ? example.map { [JSONValue.Member(name: "example", value: $0)] } ?? [] : []
            return JSONValue.Member(name: form.mediaType, value: JSONValue(["schema": form.schema.json], and: example))
        }
        return ["required": .bool(isRequired), "content": .object(content)]
    }
}

extension DocumentedEndpoint.Answer {
    fileprivate var json: JSONValue {
        let content = forms.map { JSONValue.Member(name: $0.mediaType, value: ["schema": $0.schema.json]) }
        return [
            "description": .string(text), "headers": Self.headers(headers), "content": .object(content),
        ]
    }

    /// - Parameter names: of headers beside the one that all answers have.
    fileprivate static func headers(_ names: [String]) -> JSONValue {
        let others = names.map { JSONValue.Member(name: $0, value: ["schema": Schema.string.json]) }
        return JSONValue(["x-request-id": ["$ref": "#/components/headers/RequestID"]], and: others)
    }
}

/// Refusals by their statuses.
enum Refusals {
    static func name(_ status: Int, _ form: String) -> String { "\(form)\(status)" }

    fileprivate static func used(
        by endpoints: [DocumentedEndpoint], asksForKeys: Bool
    ) -> [(status: Int, form: String)] {
        var used: [(status: Int, form: String)] = []
        for endpoint in endpoints {
            for status in endpoint.allRefusals(asksForKeys: asksForKeys)
            where !used.contains(where: { $0 == (status, endpoint.refusalForm) }) {
                used.append((status, endpoint.refusalForm))
            }
        }
        return used.sorted { ($0.form, $0.status) < ($1.form, $1.status) }
    }

    fileprivate static func json(_ status: Int, _ form: String) -> JSONValue {
        let headers = [401: ["www-authenticate"], 415: ["accept-encoding"], 429: ["retry-after"], 503: ["retry-after"]]
        let answer = DocumentedEndpoint.Answer(
            status: status, text: text(status), forms: [("application/json", .named(form))],
            headers: headers[status] ?? [])
        return answer.json
    }

    /// What a status means here.
    static func text(_ status: Int) -> String {
        switch status {
        case 400: "A parameter is missing, wrong or not supported; the message names it."
        case 401: "The API key is missing or wrong."
        case 404: "What the request names is not there, or not this client's."
        case 408: "The body came too slowly."
        case 409: "Another request is at work on it, or it belongs to another model."
        case 413: "The body is too large."
        case 415: "The body is compressed in a form that is not read."
        case 416: "None of the bytes that are wanted are there."
        case 429: "Too many requests wait; `retry-after` tells for how long."
        case 503: "The cluster is not ready."
        case 504: "The request's own `timeout` has passed."
        default: "The server failed."
        }
    }
}
