/// What the REST front asks of the engine, and what the engine answers. Text never crosses this line: token ids only.

/// How one token is chosen from a model's logits. `Sampler` documents the order in which these act.
struct SamplingParameters: Sendable, Equatable {
    /// 0 takes the most likely token.
    var temperature: Double = 1
    /// Share of the probability mass kept, from 0 to 1; 0 keeps the most likely token.
    var topP: Double = 1
    /// How many of the most likely tokens are kept; 0 keeps all.
    var topK = 0
    /// A token less likely than `minP` times the most likely one is dropped.
    var minP: Double = 0
    var presencePenalty: Float = 0
    var frequencyPenalty: Float = 0
    /// 1 changes nothing; over prompt and answer.
    var repetitionPenalty: Float = 1
    /// Added to the logits of these token ids.
    var logitBias: [Int32: Float] = [:]
    /// Token sequences that the answer must not have in it.
    var badWords: [[Int32]] = []
    /// Tokens that end an answer are not chosen before this many others were.
    var tokensMin = 0
    /// Where the random numbers start. Each choice of a request with `n` > 1 brings its own.
    var seed: UInt64 = 0
}

/// One sequence to generate. The front has checked that prompt and answer fit the context and that all ids are in the
/// vocabulary.
struct GenerationRequest: Sendable {
    /// For logs; the choices of one REST request share its beginning.
    var id: String
    /// At least one token.
    var prompt: [Int32]
    /// Most tokens to generate. 0 reads the prompt only.
    var tokensMax: Int
    var sampling = SamplingParameters()
    /// How many alternatives to report beside each generated token; nil reports no log-probabilities at all.
    var topLogprobs: Int?
    /// How many alternatives to report beside each token of the prompt, in one `.prompt` event before the first token;
    /// nil reports nothing of the prompt.
    var promptLogprobs: Int?
    /// Also make one vector of the prompt's hidden states, in one `.embedding` event.
    var promptEmbedding: Pooling?
    /// Go on after an end token, which then counts as a token like any other.
    var ignoreEnd = false
    /// Ids that end the answer as the model's end tokens do. The receiver of the events acts on them; here they count
    /// for `tokensMin`.
    var stopTokens: Set<Int32> = []
    /// Whose it is: the index of the API key it came with.
    var account = 0
    var priority = Priority.normal
    /// Ends with an error when it takes longer.
    var timeout: Duration?
    /// Positions of the prompt where later prompts are likely to part from it: there its state is worth keeping.
    var keepAt: [Int] = []
    /// Whose prefixes it shares.
    var scope = PrefixScope.everyone
    /// Whether it may begin from a state that was kept for another request.
    var reusesPrefix = true
    /// Whether its state may be kept for other requests.
    var keepsState = true
    /// The state at its end is wanted: it is kept whatever it is worth, and the end is told only after that.
    var keepsEnd = false

    /// The beginning of `id` that it shares.
    var jobID: Substring { id[..<(id.lastIndex(of: "-") ?? id.endIndex)] }
}

/// How likely one token was in the model's own distribution: temperature 1, before penalties, bias and suppression,
/// which is what OpenAI and vLLM report. Natural logarithms.
struct TokenLogprobs: Sendable, Equatable {
    struct Alternative: Sendable, Equatable {
        var id: Int32
        var logprob: Float
    }
    var logprob: Float
    /// The most likely tokens, most likely first; equal ones by ascending id. The token itself may be among them.
    var top: [Alternative]

    /// Leaves at most so many alternatives.
    mutating func keepTop(_ count: Int) { top = Array(top.prefix(count)) }
}

enum GenerationEvent: Sendable {
    /// The engine has taken the request, which now waits for its turn.
    case submitted
    /// The first rows of the prompt went through the model: from now on the request is no longer one that waits. So
    /// many of the prompt's tokens had not to be computed, since a kept state had them.
    case begun(reused: Int)
    /// One element per prompt token. The first is nil: nothing precedes it.
    case prompt([TokenLogprobs?])
    /// The prompt's hidden states after the final norm as one vector of length 1.
    case embedding([Float])
    /// The next token of the answer. The end token that ends a sequence is not sent, unless `ignoreEnd` makes it an
    /// ordinary one.
    case token(Int32, TokenLogprobs?)
}

enum FinishReason: String, Sendable {
    /// The model ended its answer, or the receiver of the events found a stop string.
    case stop
    /// `tokensMax` tokens were generated.
    case length
}

/// Why a sequence has no (further) answer. The sentence is shown to the client, so it names no host and no path.
enum GenerationError: Error, Equatable {
    /// Cannot serve yet, or no longer: 503.
    case unavailable(String)
    /// Too many requests wait already: 429.
    case overloaded(String, retryAfter: Duration)
    /// It could not be answered even alone: 400.
    case tooLarge(String)
    /// The request's own timeout has passed: 504.
    case deadline(String)
    /// Attention or an expert host was lost in mid-answer: 503; the same request may succeed when sent again.
    case lost(String)
    /// Our own fault: 500.
    case failed(String)
}

/// The model as REST clients see it.
struct ServedModel: Sendable, Equatable {
    var id: String
    /// Seconds since 1970.
    var created: Int
    var ownedBy: String
    /// What kind of model it is, such as `MiniMax-M1`.
    var family: String
    /// Most tokens of prompt and answer together.
    var contextLength: Int
    /// The same, as far as there is memory; nil: all of it.
    var usableLength: Int?
    /// Token ids are below this.
    var vocabularySize: Int
    /// Components of a hidden state, and so of an embedding.
    var hiddenSize: Int
    /// Names the weights: with equal fingerprints and arithmetic, equal seeds give equal answers.
    var fingerprint: String
    /// In which arithmetic it is computed, in one word.
    var arithmetic = "exact"

    /// Most tokens of prompt and answer together, as far as there is memory.
    var servedLength: Int { usableLength ?? contextLength }
}

enum GeneratorReadiness: Sendable, Equatable {
    case ready
    /// The sentence tells what is still missing.
    case notReady(String)
}

/// The engine behind the REST front. Many sequences may be generated at once.
protocol Generator: Sendable {
    var model: ServedModel { get }
    var readiness: GeneratorReadiness { get }

    /// Waits a short time where the model cannot serve; what is asked of it after that waits for as long as it must.
    /// - Parameter isWanted: whether the client is still there.
    /// - Throws: `GenerationError.unavailable`.
    func admit(while isWanted: () -> Bool) async throws

    /// Runs one sequence to its end. `emit` returns false to end it early (a stop string was found): that is a `.stop`,
    /// too.
    /// Cancelling the calling task stops the work within one token; then any error may be thrown, and nobody reads it.
    /// - Throws: `GenerationError`, or what `emit` throws.
    func generate(
        _ request: GenerationRequest, emit: (GenerationEvent) async throws -> Bool
    ) async throws -> FinishReason
}

extension Generator {
    func admit(while isWanted: () -> Bool) async throws {
        if case .notReady(let message) = readiness { throw GenerationError.unavailable(message) }
    }
}
