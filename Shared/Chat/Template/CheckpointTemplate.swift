internal import Foundation
internal import JSON
internal import Jinja
package import Tokenizer

/// A chat template that comes with a checkpoint or from the operator, in Jinja.
///
/// Templates differ in what they read: contents as a string or as a list of parts, results of tools under the role
/// "tool" or "function", calls or none. What this one reads is found by rendering small conversations once.
package struct CheckpointTemplate: PromptTemplate {
    private let source: String
    private let plain: Template
    /// For conversations with tools; some checkpoints bring one of its own.
    private let withTools: Template
    private let tokens: [(name: String, text: String)]
    private var habits = TemplateHabits()
    /// What it ends prompts with, without tools and with some.
    private var endings = (plain: PromptEndings(), withTools: PromptEndings())

    /// - Parameters:
    ///   - sources: the templates by their names: "default", and perhaps "tool_use".
    ///   - name: what errors call it.
    ///   - tokens: the texts of the special tokens that templates know by name, such as "bos_token".
    /// - Throws: `PromptTemplateError.failed` where a template is not Jinja.
    package init(
        sources: [String: String], name: String = "chat_template", tokens: [(name: String, text: String)]
    ) throws(PromptTemplateError) {
        guard let source = sources["default"] ?? (sources.count == 1 ? sources.first?.value : nil) else {
            throw .failed("\(name) has no template of the name 'default'")
        }
        self.source = source
        self.tokens = tokens
        plain = try Self.template(source, name)
        withTools =
            try sources["tool_use"].map { source throws(PromptTemplateError) in
                try Self.template(source, "\(name) tool_use")
            } ?? plain
        habits = TemplateHabits { conversation, habits in
            var probe = self
            probe.habits = habits
            return try? probe.text(of: conversation, adds: false, PromptCircumstances()).text
        }
        let whole = self
        endings.plain = PromptEndings(tools: []) { try? whole.text(of: $0, adds: $1, PromptCircumstances()).text }
        guard habits.readsTools else { return }
        endings.withTools = PromptEndings(tools: TemplateHabits.probeTools) {
            try? whole.text(of: $0, adds: $1, PromptCircumstances()).text
        }
    }

    private static func template(_ source: String, _ name: String) throws(PromptTemplateError) -> Template {
        do { return try Template(source, name: name) } catch { throw .failed("\(error)") }
    }

    /// By what the template mentions, and the tokens that there are.
    package func syntax(_ tokenizer: BytePairTokenizer) -> AnswerSyntax {
        AnswerSyntax(tokenizer: tokenizer, template: source)
    }

    /// Where its prompt parts from those of others shows its borders. Of most templates it is known how they end
    /// prompts, so that the whole conversation need not be rendered again for that.
    package func render(
        _ conversation: Conversation, ending: PromptEnding, _ circumstances: PromptCircumstances
    ) throws(PromptTemplateError) -> PromptText {
        try requireHabits(conversation)
        guard ending != .insideLastMessage else { return try insideLast(conversation, circumstances) }
        let prompt = try text(of: conversation, adds: ending == .answer, circumstances)
        return prompt.withBorders(try borders(of: prompt, conversation, ending, circumstances))
    }

    private func requireHabits(_ conversation: Conversation) throws(PromptTemplateError) {
        guard conversation.tools.isEmpty || habits.readsTools else {
            throw .refused("The model's chat template has no place for tools.")
        }
        guard habits.resultRole != nil || !conversation.messages.contains(where: { $0.role == "function" }) else {
            throw .refused("The model's chat template has no place for results of tools.")
        }
    }

    /// The prompt up to the end of its last message's content, which a mark behind it shows.
    private func insideLast(
        _ conversation: Conversation, _ circumstances: PromptCircumstances
    ) throws(PromptTemplateError) -> PromptText {
        var marked = conversation
        guard var last = marked.messages.popLast(), last.calls.isEmpty else {
            throw .refused("A message with calls cannot be continued.")
        }
        last.content += Self.mark
        marked.messages.append(last)
        let prompt = try text(of: marked, adds: false, circumstances)
        var result = PromptText()
        for piece in prompt.pieces {
            guard piece.origin == .content, let found = piece.text.range(of: Self.mark, options: .backwards) else {
                result.append(piece.text, from: piece.origin)
                continue
            }
            result.append(String(piece.text[..<found.lowerBound]), from: .content)
            return result
        }
        throw .refused("The last message cannot be continued: the chat template does not write it as it is.")
    }

    /// Characters for private use, which hardly stand in a text in this order.
    private static let mark = "\u{E0F1}\u{F8F2}\u{E0F3}"

    private func borders(
        of prompt: PromptText, _ conversation: Conversation, _ ending: PromptEnding,
        _ circumstances: PromptCircumstances
    ) throws(PromptTemplateError) -> [Int] {
        let messages = conversation.messages, text = prompt.text, stranger = PromptEndings.stranger
        func border(with other: [ChatMessage]) throws(PromptTemplateError) -> Int? {
            let other = Conversation(messages: other + [stranger], tools: conversation.tools)
            do {
                return text.commonBytes(with: try self.text(of: other, adds: true, circumstances).text)
            } catch {
                guard error == .cancelled else { return nil }
                throw error
            }
        }
        let common = try border(with: Array(messages.prefix { $0.role == "system" }))
        let endings = conversation.tools.isEmpty ? endings.plain : endings.withTools
        var end = circumstances.arguments.isEmpty ? endings.border(of: text, ending) : nil
        if end == nil { end = try border(with: messages) }
        return [common, end].compactMap { $0 }.sorted()
    }

    private func text(
        of conversation: Conversation, adds answer: Bool, _ circumstances: PromptCircumstances
    ) throws(PromptTemplateError) -> PromptText {
        var variables: [String: TemplateValue] = [:]
        for argument in circumstances.arguments { variables[argument.name] = TemplateValue(argument.value, .content) }
        for token in tokens { variables[token.name] = .string(token.text, .template) }
        variables["messages"] = .list(conversation.messages.map { habits.value(of: $0) })
        variables["tools"] = conversation.tools.isEmpty ? TemplateValue.none : habits.value(of: conversation.tools)
        variables["documents"] = TemplateValue.none
        variables["add_generation_prompt"] = .bool(answer)
        let template = conversation.tools.isEmpty ? plain : withTools
        do {
            let text = try template.render(
                variables, now: TemplateTime(secondsSince1970: circumstances.now),
                isCancelled: circumstances.isCancelled)
            return text.pieces.reduce(into: PromptText()) { prompt, piece in
                prompt.append(piece.text, from: piece.origin == .template ? .template : .content)
            }
        } catch {
            switch error.kind {
            case .raised: throw .refused(error.problem)
            case .cancelled: throw .cancelled
            case .syntax, .failed, .limit: throw .failed("\(error)")
            }
        }
    }

    /// Variables that a client cannot set: they come from elsewhere.
    package static let reservedNames: Set<String> = ["messages", "tools", "documents", "add_generation_prompt"]
}

extension CheckpointTemplate {
    /// Whether it renders conversations without tools as the family's own template does; then that one, which knows
    /// more, does as well.
    package var isFamilys: Bool {
        let question = ChatMessage(role: "user", content: "What?\n"), more = ChatMessage(role: "user", content: " Yes")
        let system = ChatMessage(role: "system", content: "Be brief."), none = ChatMessage(role: "system", content: "")
        let answer = ChatMessage(role: "assistant", content: "\u{E9} <b>")
        let conversations = [
            [question], [system, question, answer, more], [none, more, answer], [more, answer, answer],
        ]
        return conversations.allSatisfy { messages in
            [true, false].allSatisfy { adds in
                let conversation = Conversation(messages: messages)
                let own = ChatTemplate().render(conversation, ending: adds ? .answer : .messages)
                return (try? text(of: conversation, adds: adds, PromptCircumstances()))?.text == own.text
            }
        }
    }
}
