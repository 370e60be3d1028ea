internal import Foundation
internal import JSON

/// One item of what OpenAI's Responses take in and give out: a message, a call, its result, or reasoning.
struct ResponseItem: Sendable, Equatable {
    enum Status: String, Sendable {
        case inProgress = "in_progress"
        case completed, incomplete
    }

    /// A stretch of a message.
    struct Part: Sendable, Equatable {
        enum Kind: String, Sendable {
            case input = "input_text"
            case output = "output_text"
            case refusal
        }
        var kind: Kind
        var text: String
        /// Of the text's tokens, as JSON; nil where they were not asked for.
        var logprobs: JSONValue?
    }

    /// A call of a function.
    struct Call: Sendable, Equatable {
        /// By which the result names it.
        var id: String
        /// Where the function is one of several under a common name, that name.
        var namespace: String?
        var name: String
        /// JSON text as the model wrote it.
        var arguments: String
    }

    enum Content: Sendable, Equatable {
        /// - Parameter role: as the client spells it: user, assistant, system or developer.
        case message(role: String, [Part])
        case call(Call)
        /// - Parameter output: a string, or a list of parts of text.
        case result(callID: String, output: JSONValue)
        case reasoning([String], summary: [String])
    }

    var id: String
    var status = Status.completed
    var content: Content

    /// A new id, such as an item of this content has.
    static func newID(for content: Content) -> String {
        prefix(of: content) + UUID().uuidString.lowercased().filter { $0 != "-" }
    }

    private static func prefix(of content: Content) -> String {
        switch content {
        case .message: "msg_"
        case .call: "fc_"
        case .result: "fco_"
        case .reasoning: "rs_"
        }
    }
}

extension ResponseItem {
    /// As OpenAI spells it.
    var json: JSONValue {
        let id = JSONValue.string(id), status = JSONValue.string(status.rawValue)
        switch content {
        case .message(let role, let parts):
            return [
                "id": id, "type": "message", "status": status, "role": .string(role),
                "content": .array(parts.map(\.json)),
            ]
        case .call(let call):
            let namespace = call.namespace.map { [JSONValue.Member(name: "namespace", value: .string($0))] }
            return JSONValue(
                [
                    "id": id, "type": "function_call", "status": status, "call_id": .string(call.id),
                    "name": .string(call.name), "arguments": .string(call.arguments),
                ], and: namespace ?? [])
        case .result(let callID, let output):
            return [
                "id": id, "type": "function_call_output", "status": status, "call_id": .string(callID),
                "output": output,
            ]
        case .reasoning(let texts, let summary):
            return [
                "id": id, "type": "reasoning", "status": status,
                "summary": .array(summary.map { ["type": "summary_text", "text": .string($0)] }),
                "content": .array(texts.map(Self.reasoningPart)),
            ]
        }
    }

    static func reasoningPart(_ text: String) -> JSONValue { ["type": "reasoning_text", "text": .string(text)] }
}

extension ResponseItem.Part {
    var json: JSONValue {
        switch kind {
        case .input: return ["type": "input_text", "text": .string(text)]
        case .refusal: return ["type": "refusal", "refusal": .string(text)]
        case .output:
            let logprobs = logprobs.map { [JSONValue.Member(name: "logprobs", value: $0)] }
            return JSONValue(
                ["type": "output_text", "text": .string(text), "annotations": []],
                and: logprobs ?? [JSONValue.Member(name: "logprobs", value: [])])
        }
    }
}
