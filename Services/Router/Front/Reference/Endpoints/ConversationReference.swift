internal import JSON

/// OpenAI's Conversations.
enum ConversationReference: DocumentedFamily {
    private static let conversation = Schema.named("Conversation"), item = Schema.named("ResponseItem")
    private static let items = Field(
        "items", .array(of: .named("ResponseInput"), 0 ... Front.itemsMax), "What it begins with.")
    private static let question: JSONValue = [["role": "user", "content": "Who are you?"]]

    static func endpoints(_ facts: ReferenceFacts) -> [DocumentedEndpoint] {
        let path = ResponseEndpoints.conversations, one = path + "/{id}"
        let id = DocumentedEndpoint.Parameter.path("id", "Of a conversation.")
        return [
            DocumentedEndpoint(
                method: .post, path: path, group: .conversations, summary: "Makes a conversation.",
                body: .json(
                    .request([items, CommonReference.metadata]), example: ["items": question], isRequired: false),
                answers: [.json(conversation, "The conversation.")], refusals: [404]),
            DocumentedEndpoint(
                method: .get, path: one, group: .conversations, summary: "Shows a conversation.", parameters: [id],
                answers: [.json(conversation, "The conversation.")], refusals: [503]),
            DocumentedEndpoint(
                method: .post, path: one, group: .conversations, summary: "Replaces its notes.", parameters: [id],
                body: .json(
                    .request([.required("metadata", .named("Metadata"), "The new ones.")]),
                    example: ["metadata": ["topic": "demo"]]),
                answers: [.json(conversation, "With the new notes.")]),
            DocumentedEndpoint(
                method: .delete, path: one, group: .conversations, summary: "Forgets it.", parameters: [id],
                answers: [.json(CommonReference.deleted("conversation.deleted"), "It is gone.")], refusals: [503]),
        ] + itemEndpoints(one + "/items", id)
    }

    private static func itemEndpoints(
        _ path: String, _ id: DocumentedEndpoint.Parameter
    ) -> [DocumentedEndpoint] {
        let list = CommonReference.list(of: item)
        let itemID = DocumentedEndpoint.Parameter.path("item", "Of an item.")
        return [
            DocumentedEndpoint(
                method: .get, path: path, group: .conversations, summary: "Lists its items.",
                parameters: [id] + DocumentedEndpoint.Parameter.page(of: "items"),
                answers: [.json(list, "Some of its items.")], refusals: [503]),
            DocumentedEndpoint(
                method: .post, path: path, group: .conversations, summary: "Adds items at its end.",
                parameters: [id],
                body: .json(
                    .request([.required(items.name, items.schema, "The new ones.")]), example: ["items": question]),
                answers: [.json(list, "Those that were added.")]),
            DocumentedEndpoint(
                method: .get, path: path + "/{item}", group: .conversations, summary: "Shows an item.",
                parameters: [id, itemID], answers: [.json(item, "The item.")], refusals: [503]),
            DocumentedEndpoint(
                method: .delete, path: path + "/{item}", group: .conversations, summary: "Forgets an item.",
                parameters: [id, itemID], answers: [.json(conversation, "The conversation without it.")],
                refusals: [503]),
        ]
    }

    static func schemas(_ facts: ReferenceFacts) -> KeyValuePairs<String, Schema> {
        [
            "Conversation": .answer([
                "id": .string, "object": .constant("conversation"), "created_at": .integer,
                "metadata": .named("Metadata"),
            ])
        ]
    }
}
