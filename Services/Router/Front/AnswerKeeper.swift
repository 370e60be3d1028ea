/// Stores answers that clients may ask for later.
protocol AnswerKeeper: Sendable {
    /// Called once an answer is whole, and before the client is told so: what it was told is stored.
    func keep(_ choices: [Answer.Choice], of answer: Answer, usage: Usage) async throws
}

/// Holds the request's share of memory as long as a keeper holds what the request said.
struct SharingKeeper: AnswerKeeper {
    let keeper: any AnswerKeeper
    let share: BodyShare

    func keep(_ choices: [Answer.Choice], of answer: Answer, usage: Usage) async throws {
        try await keeper.keep(choices, of: answer, usage: usage)
    }
}

/// A streamed answer, put together for whoever stores it; nothing where nobody does.
struct KeptAnswer {
    private let keeper: (any AnswerKeeper)?
    private let answer: Answer
    private var choices: [Answer.Choice]

    init(_ keeper: (any AnswerKeeper)?, of answer: Answer) {
        (self.keeper, self.answer) = (keeper, answer)
        choices = keeper == nil ? [] : answer.job.choices.map { _ in Answer.Choice() }
    }

    mutating func add(_ event: RunningJob.Event) {
        guard keeper != nil, case .delta(let delta) = event else { return }
        choices[delta.index].add(delta)
    }

    func keep(_ usage: Usage) async throws { try await keeper?.keep(choices, of: answer, usage: usage) }
}
