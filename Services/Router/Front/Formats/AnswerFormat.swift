internal import JSON

/// How clients of one kind are answered: spells what became known as their API does. One value serves one request, and
/// may hold what the request said about its answer.
protocol AnswerFormat: Sendable {
    /// What the ids of its answers begin with.
    var idPrefix: String { get }

    /// A whole answer, once all of it is there.
    func whole(_ choices: [Answer.Choice], of answer: Answer, usage: Usage) -> JSONValue

    /// Begins an answer that is sent as it comes.
    func stream(of answer: Answer) -> any AnswerStream
}

/// Spells one answer as server-sent events, which are to be sent in the order in which they are asked for.
protocol AnswerStream: Sendable {
    /// Sent when there was nothing to send for a while.
    var keepAlive: String { get }

    /// All events of one delta, to be sent in one write.
    mutating func text(for delta: ChoiceDelta) -> String

    /// The last events of an answer that is whole.
    mutating func end(usage: Usage) -> String

    /// The last event of an answer that ends with an error: the stream has begun, so its status is spent.
    mutating func failure(_ error: APIError) -> String
}

extension AnswerStream {
    var keepAlive: String { ": keep-alive\n\n" }

    mutating func text(for event: RunningJob.Event) -> String {
        switch event {
        case .quiet: keepAlive
        case .delta(let delta): text(for: delta)
        }
    }
}

/// What an endpoint makes of a request: what is to be generated, and how the answer is spelled.
struct Order: Sendable {
    var job: Job
    var format: any AnswerFormat
    /// Stores the answer; nil: nobody does.
    var keeper: (any AnswerKeeper)?
}

/// What a request has cost, in tokens.
struct Usage: Sendable, Equatable {
    var prompt = 0
    /// Of the prompts' tokens, those that were reused.
    var cached = 0
    var completion = 0
    /// Of the answers' tokens, those of reasoning.
    var reasoning = 0
}
