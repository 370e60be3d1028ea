internal import Chat
internal import Foundation
internal import Tokenizer

/// One answer to one request: what every format tells of it besides its choices.
struct Answer: Sendable {
    let id: String
    /// What distinguishes it from all others; part of its id.
    let code: String
    let job: Job
    let model: ServedModel
    /// Seconds since 1970.
    let created: Int
    /// One element a token, by prompt: once the answer is whole, and where they are asked for.
    var promptLogprobs: [Int: [[PromptLogprob]?]] = [:]

    /// A stretch of a finished choice.
    struct Part: Sendable, Equatable {
        enum Kind: Sendable, Equatable { case text, reasoning, call(name: String) }
        let kind: Kind
        /// Of a call, its arguments.
        var text: String
        /// Of a text's tokens, where they are asked for.
        var reports: [TokenReport] = []
        /// A call that is whole, which an answer that was cut off may end with.
        var isWhole = false
    }

    /// One finished choice.
    struct Choice: Sendable {
        /// In order.
        private(set) var parts: [Part] = []
        var reports: [TokenReport] = []
        var ids: [Int32] = []
        var finish: FinishReason?
        /// The stop string that ended it.
        var stop: String?
        /// Of its tokens; a choice without any is the least likely.
        var meanLogprob = -Double.infinity

        /// All text, without reasoning and calls.
        var text: String { parts.reduce(into: "") { if $1.kind == .text { $0 += $1.text } } }
        /// All reasoning; empty where there is none.
        var reasoning: String { parts.reduce(into: "") { if $1.kind == .reasoning { $0 += $1.text } } }
        /// In order.
        var calls: [FunctionCall] {
            parts.compactMap { part in
                if case .call(let name) = part.kind { FunctionCall(name: name, arguments: part.text) } else { nil }
            }
        }

        mutating func add(_ delta: ChoiceDelta) {
            var lastText = parts.last?.kind == .text ? parts.indices.last : nil
            for piece in delta.pieces {
                add(piece, wasCutOff: delta.finish == .length)
                if case .text = piece { lastText = parts.indices.last }
            }
            if let lastText { parts[lastText].reports += delta.reports }
            reports += delta.reports
            ids += delta.ids
            finish = delta.finish ?? finish
            stop = delta.stop ?? stop
            meanLogprob = delta.meanLogprob ?? meanLogprob
        }

        private mutating func add(_ piece: AnswerPiece, wasCutOff: Bool) {
            switch piece {
            case .text(let text): append(text, to: .text)
            case .reasoning(let text): append(text, to: .reasoning)
            case .callBegins(let name): parts.append(Part(kind: .call(name: name), text: ""))
            case .callArguments(let text): if !parts.isEmpty { parts[parts.count - 1].text += text }
            case .callEnds: if !parts.isEmpty { parts[parts.count - 1].isWhole = !wasCutOff }
            }
        }

        private mutating func append(_ text: String, to kind: Part.Kind) {
            if parts.last?.kind != kind { parts.append(Part(kind: kind, text: "")) }
            parts[parts.count - 1].text += text
        }
    }

    /// - Parameter logprobs: by prompt.
    mutating func note(_ logprobs: [Int: [TokenLogprobs?]], _ tokenizer: BytePairTokenizer) {
        guard let alternatives = job.promptLogprobs else { return }
        promptLogprobs = Dictionary(
            uniqueKeysWithValues: logprobs.map { index, logprobs in
                (
                    index,
                    PromptLogprob.places(
                        of: job.prompts[index].ids, logprobs, alternatives: alternatives, tokenizer)
                )
            })
    }

    /// By which the client's next request names a call that the model made; another for each call of each answer.
    func callID(choice: Int, call: Int) -> String { "call_\(code)_\(choice)_\(call)" }

    func prompt(ofChoice index: Int) -> Job.Prompt { job.prompts[index / job.choicesPerPrompt] }
}

extension Answer {
    /// - Parameter format: says what its id begins with.
    init(_ job: Job, in format: any AnswerFormat, model: ServedModel) {
        let code = UUID().uuidString.lowercased().filter { $0 != "-" }
        self.init(
            id: format.idPrefix + code, code: code, job: job, model: model,
            created: Int(Date.now.timeIntervalSince1970))
    }
}
