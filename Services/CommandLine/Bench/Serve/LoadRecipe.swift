/// What requests are like, each drawn by chance; the same seed draws the same ones.
struct LoadRecipe: Sendable, Equatable {
    var prompt = LengthDistribution.fixed(512)
    var answer = LengthDistribution.fixed(128)
    /// Who sends the requests; nil: they carry no key.
    var keys: KeyWeights?
    /// Shares of the clients, from 0 to 1.
    var hangUps = 0.0
    var slowReaders = 0.0
    var seed: UInt64 = 1
    /// Prompt and answer together are cut to it.
    var contextLength: Int

    /// A client that leaves after a while does so within this time, perhaps before its first token.
    static let patienceSecondsMax = 2.0

    /// One request for each of the `times`, in seconds.
    func items(at times: [Double]) -> [LoadItem] {
        var random = SplitMix64(seed: seed)
        return times.map { item(at: $0, &random) }
    }

    /// Times and requests of a Poisson process. - Parameter number: others for each load of a run, so that none is
    /// remembered.
    func items(_ arrivals: ArrivalProcess, number: Int) -> [LoadItem] {
        var other = self
        other.seed = seed &+ UInt64(number) &* 0x1000_0000
        var random = SplitMix64(seed: ~other.seed)
        return other.items(at: arrivals.times(&random))
    }

    /// The same requests, from clients that behave as drawn and with prompts as drawn.
    func behaving(_ items: [LoadItem]) -> [LoadItem] {
        var random = SplitMix64(seed: seed)
        return items.map { item in
            var item = item
            item.behaviour = behaviour(item.answerTokens, &random)
            item.seed = random.next()
            return item
        }
    }

    /// The mean length of an answer, in tokens, as drawn.
    var meanAnswerTokens: Double {
        let lengths = items(at: Array(repeating: 0, count: 1000)).map(\.answerTokens)
        return Double(lengths.reduce(0, +)) / Double(lengths.count)
    }

    func item(at time: Double, _ random: inout SplitMix64) -> LoadItem {
        let answer = min(answer.draw(&random), max(contextLength / 2, 1))
        let prompt = min(prompt.draw(&random), max(contextLength - answer, 1))
        var item = LoadItem(at: time, promptTokens: prompt, answerTokens: answer, key: keys?.draw(&random))
        item.behaviour = behaviour(answer, &random)
        item.seed = random.next()
        return item
    }

    /// Half of those who leave do so after a while, the others in the middle of their answer.
    private func behaviour(_ answer: Int, _ random: inout SplitMix64) -> LoadItem.Behaviour {
        let chance = Double.random(in: 0 ..< 1, using: &random)
        if chance >= hangUps { return chance < hangUps + slowReaders ? .readsSlowly : .reads }
        if chance < hangUps / 2 || answer == 1 {
            return .leavesAfterSeconds(Double.random(in: 0 ..< Self.patienceSecondsMax, using: &random))
        }
        return .leavesAfterTokens(Int.random(in: 1 ..< answer, using: &random))
    }
}
