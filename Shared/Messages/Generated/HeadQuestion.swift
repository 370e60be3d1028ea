// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// What is wanted of one row's logits. Ids that are neither named nor excluded are free.
package struct HeadQuestion: Sendable, Hashable {
    /// How many candidates: the free ids with the highest logits, the lower id first among equals.
    package let candidates: Int
    /// Ids whose logits are wanted, ascending.
    package let named: [UInt32]
    /// How many of all ids with the highest logits are wanted, the lower id first among equals.
    package let top: Int
    /// Whether the sums of exp(logit - highest logit) over all ids are wanted.
    package let logSum: Bool
    /// Whether all logits are wanted instead of those of candidates and of named ids.
    package let whole: Bool
    /// Above 0 in a row that does not draw, the sums of exp((logit - highest logit) / temperature) over the free ids
    /// are wanted.
    package let temperature: Double
    /// Whether the row's one candidate is the free id with the highest logit / temperature + noise, which draws one of
    /// them with the probabilities of the softmax. The noise of an id is -log(-log((n + 0.5) / 2^52)), where n is the
    /// upper 52 bits of number `id` of SplitMix64, counted from 0.
    package let draws: Bool
    /// The seed of these numbers.
    package let seed: UInt64

    /// Each parameter becomes the property of its name.
    package init(
        candidates: Int = 0, named: [UInt32] = [], top: Int = 0, logSum: Bool = false, whole: Bool = false,
        temperature: Double = 0, draws: Bool = false, seed: UInt64 = 0
    ) {
        self.candidates = candidates
        self.named = named
        self.top = top
        self.logSum = logSum
        self.whole = whole
        self.temperature = temperature
        self.draws = draws
        self.seed = seed
    }
}

extension HeadQuestion {
    init(_ message: Minimax__Cluster__V1__HeadQuestion, _ fields: FieldReader) throws(MessageError) {
        unsafe self.init(
            candidates: Int(message.candidates),
            named: fields.array(message.named, message.n_named),
            top: Int(message.top),
            logSum: message.log_sum != 0,
            whole: message.whole != 0,
            temperature: message.temperature,
            draws: message.draws != 0,
            seed: message.seed)
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__HeadQuestion {
        var message = unsafe Minimax__Cluster__V1__HeadQuestion()
        unsafe minimax__cluster__v1__head_question__init(&message)
        unsafe message.candidates = UInt32(clamping: candidates)
        unsafe message.n_named = named.count
        unsafe message.named = arena.copy(named)
        unsafe message.top = UInt32(clamping: top)
        unsafe message.log_sum = logSum ? 1 : 0
        unsafe message.whole = whole ? 1 : 0
        unsafe message.temperature = temperature
        unsafe message.draws = draws ? 1 : 0
        unsafe message.seed = seed
        return unsafe message
    }
}
