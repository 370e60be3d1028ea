internal import JSON
internal import Records

/// One endpoint as the API's reference tells of it.
struct DocumentedEndpoint: Sendable {
    /// A heading under which endpoints stand together.
    enum Group: String, Sendable, CaseIterable {
        case chat = "Chat completions"
        case completions = "Completions"
        case responses = "Responses"
        case conversations = "Conversations"
        case messages = "Messages"
        case sessions = "Sessions"
        case embeddings = "Embeddings"
        case text = "Texts and tokens"
        case server = "Models and server"
    }

    enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case delete = "DELETE"
    }

    /// A parameter outside the body.
    struct Parameter: Sendable {
        enum Place: String, Sendable { case path, query, header }
        let place: Place
        let name: String
        let schema: Schema
        let text: String
    }

    struct Body: Sendable {
        /// By media type.
        let forms: [(mediaType: String, schema: Schema)]
        /// One that works, in JSON.
        let example: JSONValue?
        let isRequired: Bool
    }

    struct Answer: Sendable {
        let status: Int
        let text: String
        var forms: [(mediaType: String, schema: Schema)] = []
        /// Names of headers beside those that all answers have.
        var headers: [String] = []
    }

    let method: Method
    /// With its variable parts in braces.
    let path: String
    let group: Group
    /// A line.
    let summary: String
    var text = ""
    var parameters: [Parameter] = []
    var body: Body?
    var answers: [Answer]
    /// The statuses of its refusals, apart from those that follow from the rest.
    var refusals: [Int] = []
    /// Whether it needs a key where the server asks for keys.
    var needsKey = true
    /// Under which name the document knows the form of its refusals.
    var refusalForm = "Error"

    /// By which programs name it.
    var id: String {
        let words = path.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map { String($0) }
        return ([method.rawValue.lowercased()] + words).joined(separator: "_")
    }

    /// All statuses of its refusals, in ascending order.
    func allRefusals(asksForKeys: Bool) -> [Int] {
        var statuses = Set(refusals + [500])
        if needsKey, asksForKeys { statuses.insert(401) }
        if body != nil { statuses.formUnion([400, 408, 413, 415, 429, 503]) }
        if parameters.contains(where: { $0.place == .query }) { statuses.insert(400) }
        if path.contains("{") { statuses.insert(404) }
        return statuses.sorted()
    }
}

extension DocumentedEndpoint.Body {
    static func json(_ schema: Schema, example: JSONValue, isRequired: Bool = true) -> Self {
        Self(forms: [("application/json", schema)], example: example, isRequired: isRequired)
    }
}

extension DocumentedEndpoint.Answer {
    static func json(_ schema: Schema, _ text: String, status: Int = 200) -> Self {
        Self(status: status, text: text, forms: [("application/json", schema)])
    }

    /// An answer that comes whole, or as a stream of events where the request asks for one. Up to OpenAPI 3.1 the
    /// schema of a stream is by usage that of each of its events.
    static func json(_ schema: Schema, orEvents data: Schema, _ text: String) -> Self {
        let event = Schema.answer(["data": data], optional: ["event": .string, "id": .string, "retry": .any])
        return Self(
            status: 200, text: text,
            forms: [("application/json", schema), (eventStream, event.described("Each event."))])
    }

    static let eventStream = "text/event-stream"
}

extension DocumentedEndpoint.Parameter {
    static func path(_ name: String, _ text: String) -> Self {
        Self(place: .path, name: name, schema: .string(1 ... .max), text: text)
    }

    static func query(_ name: String, _ schema: Schema, _ text: String) -> Self {
        Self(place: .query, name: name, schema: schema, text: text)
    }

    static func header(_ name: String, _ schema: Schema, _ text: String) -> Self {
        Self(place: .header, name: name, schema: schema, text: text)
    }

    /// Which part of a list is wanted.
    static func page(of things: String, newestFirst: Bool = true) -> [Self] {
        [
            .query(
                "limit", Schema.integer(in: 1 ... ListQuery.limitMax).usually(.int(PageRequest<String>().limit)),
                "Most \(things) in one list."),
            .query("after", .string, "The id of the last one that is known: the list begins behind it."),
            .query(
                "order", Schema.one(of: "asc", "desc").usually(newestFirst ? "desc" : "asc"),
                "The oldest first, or the newest."),
        ]
    }
}
