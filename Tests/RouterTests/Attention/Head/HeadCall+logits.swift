internal import Checkpoint
internal import Messages
internal import Tensors

@testable import Attention
@testable import Router

extension HeadCall {
    /// Questions about rows whose logits a test gives.
    init(_ questions: [HeadQuestion], excluded: [Int32] = [], vocabulary: Int, isFinite: Bool = false) {
        // What a hidden row says is only whether its logits are numbers.
        let values = [Float](repeating: isFinite ? 1 : .nan, count: questions.count)
        self.init(
            hidden: Tensor(columns: 1, values: values), questions: questions, excluded: TokenRanges(excluded),
            vocabulary: vocabulary)
    }

    /// What the attention service answers to the request for each part.
    ///
    /// - Parameter logits: one row of the whole vocabulary for each question.
    func responses(_ logits: [[Float]], parts: Int, threads: Int = 1) throws -> [HeadResponse] {
        try AttentionPart.all(of: parts).map { part in
            let reading = try HeadReading(request(for: part), rows: logits.count, vocabulary: vocabulary, part: part)
            return reading.answer(logits.flatMap { $0[reading.ids] }, Compute(threads: threads))
        }
    }

    /// The merged answer of so many parts.
    func rows(_ logits: [[Float]], parts: Int = 1) throws -> [HeadRow] {
        try merge(responses(logits, parts: parts), from: AttentionPart.all(of: parts).map { "part \($0.index)" })
    }
}

extension Sampler {
    /// Asks about a row and chooses from the answers, as often as it needs.
    ///
    /// - Returns: the choice, and what was asked.
    mutating func next(
        _ logits: [Float], suppressed: [Int32] = [], parts: Int = 1
    ) throws -> (choice: Choice, asked: [HeadQuestion]) {
        var asked: [HeadQuestion] = []
        while true {
            let question = question(vocabulary: logits.count, after: asked.last)
            asked.append(question)
            let call = HeadCall([question], excluded: suppressed, vocabulary: logits.count)
            let row = try call.rows([logits], parts: parts)[0]
            guard let choice = choice(from: row, to: question, vocabulary: logits.count) else { continue }
            take(choice)
            return (choice, asked)
        }
    }
}
