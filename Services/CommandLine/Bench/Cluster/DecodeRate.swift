internal import Checkpoint
internal import Console

extension ClusterBench {
    /// Tokens a second, of all sequences together, while every one was generating, until each has brought `tokens`.
    ///
    /// Sequences whose prompts are read first generate while they wait for the others, so all may generate more than
    /// `tokens`: one more for each `promptShare` tokens of all prompts, as far as the context goes.
    ///
    /// - Throws: `StartError` when a request fails, or the sequences were never all generating.
    func decodeRate(_ item: BatchOptions.Case, tokens count: Int, random: inout SplitMix64) async throws -> Double {
        let requests = requests(item, tokens: count, random: &random)
        guard let rate = try await timer.run(requests, sideBySide: count).decodeRate else {
            throw StartError(
                "the \(item.batch) sequences were never all generating at the same time: "
                    + "does the router answer so many at a time? If so, ask for more than --tokens \(count)")
        }
        try await Task.sleep(for: Self.settling)
        return rate
    }

    /// So many sequences, of as many tokens as they may need until each has brought `count` beside the others.
    func requests(_ item: BatchOptions.Case, tokens count: Int, random: inout SplitMix64) -> [CompletionBody] {
        let waiting = item.batch == 1 ? 0 : item.batch * item.context / Self.promptShare
        let longest = max(count, min(count + waiting, config.maxPositions - item.context))
        return (0 ..< item.batch).map { _ in tokens.request(context: item.context, tokens: longest, random: &random) }
    }

    private static let promptShare = 16
    /// How long it takes until the router has noticed that all clients hung up.
    static let settling = Duration.milliseconds(300)
}
