internal import Foundation
internal import Hummingbird
internal import JSON

/// The endpoints of Anthropic's API.
extension Front {
    func addMessages(to api: RouterGroup<FrontContext>) {
        api.post("/messages") { request, context in
            try await answer(request, context) { fields, seed, cancellation in
                if let user = MessagesRequest.user(fields) { context.record.update { $0.user = user } }
                let message = try MessagesRequest(fields, model: generator.model, seed: seed)
                let job = try prompts(cancellation).job(message.job, of: message.turn)
                return Order(job: job, format: MessagesFormat())
            }
        }
        api.post("/messages/count_tokens") { request, context in
            Response(json: ["input_tokens": .int(try await promptTokens(request, context))])
        }
    }

    /// How many tokens the prompt has that `/v1/messages` would make of the request. A prompt that does not fit is
    /// counted as well.
    private func promptTokens(_ request: Request, _ context: FrontContext) async throws -> Int {
        try await read(request, context, generates: false) { fields, seed, cancellation in
            let message = try MessagesRequest(fields, model: generator.model, seed: seed, isToBeAnswered: false)
            var prompts = prompts(cancellation)
            prompts.contextLength = .max
            return try prompts.job(message.job, of: message.turn).promptTokens
        }
    }

    /// The models that are served, which is one.
    var messagesModels: JSONValue {
        [
            "data": [messagesModel], "has_more": false, "first_id": .string(generator.model.id),
            "last_id": .string(generator.model.id),
        ]
    }

    var messagesModel: JSONValue {
        let model = generator.model, length = model.usableLength ?? model.contextLength
        let created = Date(timeIntervalSince1970: TimeInterval(model.created))
        return [
            "type": "model", "id": .string(model.id), "display_name": .string(model.id),
            "created_at": .string(created.formatted(.iso8601)), "lifecycle": "active",
            "max_input_tokens": .int(length), "max_tokens": .int(length),
        ]
    }
}
