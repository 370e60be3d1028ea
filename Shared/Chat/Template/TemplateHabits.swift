internal import JSON
internal import Jinja
internal import Tokenizer

/// What a chat template in Jinja reads of a conversation, and so in which form it is given one.
struct TemplateHabits: Sendable, Equatable {
    /// Contents as lists of parts, `[{"type": "text", "text": …}]`; else as strings.
    var takesParts = false
    /// Under which role it renders results of tools; nil: under none.
    var resultRole: String? = "tool"
    /// It renders `tool_calls`; else calls are part of the content, as the model writes them.
    var readsCalls = true
    /// It tells the model of tools.
    var readsTools = true

    /// What most templates read.
    init() {}

    /// Tools to try a template with.
    static let probeTools = [
        ToolDefinition(
            name: "tool_27",
            function: ["name": "tool_27", "description": "x", "parameters": ["type": "object", "properties": [:]]])
    ]

    /// - Parameter render: renders a conversation in the form of some habits; nil: that failed.
    init(_ render: (Conversation, TemplateHabits) -> String?) {
        func shows(_ conversation: Conversation, _ word: String, _ change: (inout TemplateHabits) -> Void) -> Bool {
            var habits = self
            change(&habits)
            return render(conversation, habits)?.contains(word) ?? false
        }
        let question = ChatMessage(role: "user", content: "question-27"), plain = Conversation(messages: [question])
        takesParts =
            !shows(plain, "question-27") { $0.takesParts = false }
            && shows(plain, "question-27") { $0.takesParts = true }
        let tools = Self.probeTools
        readsTools = shows(Conversation(messages: [question], tools: tools), "tool_27") { _ in }
        let call = FunctionCall(id: "call00027", name: "called_27", arguments: #"{"a": 1}"#)
        let asked = [question, ChatMessage(role: "assistant", content: "", calls: [call])]
        let result = ChatMessage(role: "function", content: "result-27", name: "called_27", callID: "call00027")
        let answered = Conversation(messages: asked + [result], tools: readsTools ? tools : [])
        // Some refuse calls without results, and some results without calls.
        readsCalls =
            shows(answered, "called_27") { $0.resultRole = "tool" }
            || shows(Conversation(messages: asked), "called_27") { _ in }
        resultRole = ["tool", "function"].first { role in shows(answered, "result-27") { $0.resultRole = role } }
    }
}

extension TemplateHabits {
    func value(of message: ChatMessage) -> TemplateValue {
        let isResult = message.role == "function"
        var members = [member("role", .string(isResult ? resultRole ?? "tool" : message.role, .template))]
        members.append(member("content", content(of: message)))
        if let name = message.name { members.append(member("name", .string(name, .content))) }
        if let reasoning = message.reasoning {
            members.append(member("reasoning_content", .string(reasoning, .content)))
        }
        if let call = message.callID { members.append(member("tool_call_id", .string(call, .content))) }
        if readsCalls, !message.calls.isEmpty {
            members.append(member("tool_calls", .list(message.calls.map(value))))
        }
        return .object(members)
    }

    func value(of tools: [ToolDefinition]) -> TemplateValue {
        .list(
            tools.map { tool in
                .object([
                    member("type", .string("function", .template)),
                    member("function", TemplateValue(tool.function, .content)),
                ])
            })
    }

    private func content(of message: ChatMessage) -> TemplateValue {
        var text = OriginText(message.content, .content)
        if !readsCalls {
            for piece in Self.calls.written(message.calls).pieces {
                text += OriginText(piece.text, piece.origin == .template ? .template : .content)
            }
        }
        guard takesParts else { return .string(text) }
        return .list([.object([member("type", .string("text", .template)), member("text", .string(text))])])
    }

    private static let calls = AnswerSyntax.Calls.functionCall(begin: .init("<function_call>"), acceptsBareFence: false)

    /// A call with its arguments as a value, which templates write as JSON; as a text where they are no JSON object.
    private func value(of call: FunctionCall) -> TemplateValue {
        var arguments = TemplateValue.string(call.arguments, .content)
        if case .object(let members)? = try? JSONReader.read(Array(call.arguments.utf8)) {
            arguments = TemplateValue(.object(members), .content)
        }
        let function = TemplateValue.object([
            member("name", .string(call.name, .content)), member("arguments", arguments),
        ])
        let members = [member("type", .string("function", .template)), member("function", function)]
        return .object((call.id.map { [member("id", .string($0, .content))] } ?? []) + members)
    }

    private func member(_ name: String, _ value: TemplateValue) -> (name: OriginText, value: TemplateValue) {
        (OriginText(name, .template), value)
    }
}
