internal import JSON

/// What tells of the server and of the model that it serves.
enum ServerReference: DocumentedFamily {
    static func endpoints(_ facts: ReferenceFacts) -> [DocumentedEndpoint] {
        let version = DocumentedEndpoint.Parameter.header(
            "anthropic-version", .string, "Clients that send it are answered in Anthropic's form.")
        let plain = [("text/plain", Schema.string)]
        return [
            DocumentedEndpoint(
                method: .get, path: Endpoints.models, group: .server,
                summary: "Lists the models, of which there is one.",
                parameters: [version],
                answers: [.json(.any(of: .named("Models"), .named("MessagesModels")), "The models.")],
                refusalForm: either),
            DocumentedEndpoint(
                method: .get, path: Endpoints.models + "/{id}", group: .server, summary: "Shows a model.",
                text: "A name that has slashes may be spelled with them.",
                parameters: [.path("id", "The model's name."), version],
                answers: [.json(.any(of: .named("Model"), .named("MessagesModel")), "The model.")],
                refusalForm: either),
            DocumentedEndpoint(
                method: .get, path: Endpoints.health, group: .server, summary: "Tells whether the cluster can serve.",
                answers: [
                    .json(.answer(["status": .constant("ok")]), "It can."),
                    .json(
                        .answer(["status": .constant("unavailable"), "message": .string]), "It cannot, and why not.",
                        status: 503),
                ], needsKey: false),
            DocumentedEndpoint(
                method: .get, path: Endpoints.version, group: .server, summary: "Tells the server's version.",
                answers: [.json(.answer(["version": .string]), "The version.")], needsKey: false),
            DocumentedEndpoint(
                method: .get, path: "/", group: .server, summary: "A hint in a line of text.",
                answers: [.init(status: 200, text: "Where to begin.", forms: plain)], needsKey: false),
            DocumentedEndpoint(
                method: .get, path: Endpoints.document, group: .server, summary: "This reference, in OpenAPI 3.1.",
                answers: [.json(.map(of: .any), "An OpenAPI document.")], needsKey: false),
            DocumentedEndpoint(
                method: .get, path: Endpoints.reference, group: .server, summary: "This reference, as a page.",
                answers: [.init(status: 200, text: "A page.", forms: [("text/html", .string)])], needsKey: false),
        ]
    }

    /// Refusals in the form of whoever asks.
    private static let either = "AnyError"

    static func schemas(_ facts: ReferenceFacts) -> KeyValuePairs<String, Schema> {
        let list = Schema.string.orNull
        return [
            "Model": .answer([
                "id": .string, "object": .constant("model"), "created": .integer, "owned_by": .string,
                "max_model_len": .count, "family": .string,
            ]),
            "Models": .answer(["object": .constant("list"), "data": .array(of: .named("Model"))]),
            "MessagesModel": .answer([
                "type": .constant("model"), "id": .string, "display_name": .string, "created_at": .string,
                "lifecycle": .constant("active"), "max_input_tokens": .count, "max_tokens": .count,
            ]),
            "MessagesModels": .answer([
                "data": .array(of: .named("MessagesModel")), "has_more": .boolean, "first_id": list, "last_id": list,
            ]),
            either: .any(of: .named("Error"), .named(MessagesReference.errorName)),
        ]
    }
}
