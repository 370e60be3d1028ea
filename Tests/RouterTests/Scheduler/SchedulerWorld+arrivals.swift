internal import Checkpoint
internal import Messages

@testable import Router

extension SchedulerWorld {
    /// Requests come and are cancelled; other routers take memory; the attention service begins anew.
    mutating func arrive() {
        for _ in 0 ..< Int.random(in: 0 ... 3, using: &random) { submit() }
        if chance(oneIn: 8), let id = alive.sorted().randomElement(using: &random) { end(id) }
        for replica in scheduler.limits.replicas.keys.sorted() {
            if mishap(oneIn: 10) {
                let bytes = Int.random(in: -300 ... 300, using: &random)
                scheduler.limits.replicas[replica]?.othersBytes = max(0, bytes)
            }
        }
        if changesReplicas { changeReplicas() }
        carryStates()
        // Attention lets go of kept states without saying so.
        let known = kept.keys.filter { book.replica(of: $0) != nil }.sorted()
        if chance(oneIn: 20), let state = known.randomElement(using: &random) { kept[state] = nil }
    }

    private mutating func submit() {
        lastNumber += 1
        let id = SequenceID(lastNumber)
        let prompt = prompt()
        let demand = Demand(
            account: .random(in: 0 ..< scheduler.limits.weights.count, using: &random),
            priority: Priority.allCases.randomElement(using: &random) ?? .normal,
            promptCount: prompt.count,
            answerMax: chance(oneIn: 8) ? 1_000_000 : .random(in: 0 ... 20, using: &random),
            deadline: chance(oneIn: 10) ? now + .seconds(.random(in: 0 ... 30, using: &random)) : nil)
        switch scheduler.submit(id, demand, at: now) {
        case .queued:
            alive.insert(id)
            let sequence = LiveSequence(
                id, request(prompt), suppressed: [], endTokens: [], outputs: LiveSequence.Outputs.makeStream().1)
            lives[id] = Life(demand: demand, sequence: sequence, promptCount: prompt.count)
        case .full(let wait): if wait < .seconds(1) { trouble = "come back after \(wait)" }
        case .tooLarge(let tokens):
            if scheduler.limits.stateSize.bytes(tokens: demand.promptCount) <= scheduler.largestBytes(at: now) {
                trouble = "\(demand) refused, there is memory for \(tokens)"
            }
        }
    }

    private mutating func request(_ prompt: [Int32]) -> GenerationRequest {
        var request = GenerationRequest(id: "r", prompt: prompt, tokensMax: .max)
        if chance(oneIn: 2) { request.keepAt = [.random(in: 0 ... prompt.count, using: &random)] }
        request.reusesPrefix = !chance(oneIn: 10)
        request.keepsState = !chance(oneIn: 10)
        if chance(oneIn: 5) { request.scope = PrefixScope(text: "other") }
        return request
    }

    /// A beginning that many have in common, then what nobody else has; or the tokens of an earlier sequence, and more.
    private mutating func prompt() -> [Int32] {
        let lengthMax = hasLongPrompts ? 600 : 60
        let earlier = lives.count > 3 ? lives[SequenceID(.random(in: 1 ... lastNumber, using: &random))] : nil
        let family = Int32.random(in: 0 ..< Int32(families), using: &random)
        let known =
            earlier.flatMap { $0.carried > 0 && chance(oneIn: 2) ? $0.sequence.tokens(upTo: $0.carried) : nil }
            ?? [Int32](repeating: family, count: lengthMax)
        let common = Int.random(in: 0 ... min(known.count, lengthMax - 1), using: &random)
        let own = (0 ..< Int.random(in: 1 ... lengthMax - common, using: &random)).map { _ in
            Int32.random(in: 10 ... 11, using: &random)
        }
        return known[..<common] + own
    }
}
