internal import AdminMessages
internal import ClusterClient
internal import Console
internal import LocalCluster
internal import Synchronization

/// Sessions and answers that stream, in the middle of which the attention service with most of the sessions is told to
/// stop. What is said, and when, is random.
struct DrainTrial: Sendable {
    /// What is asked of a session.
    struct Conversation: Sendable {
        let prompt: [Int32]
        /// Its prompt is the question alone.
        let question: CompletionBody

        /// The question to a session of this id.
        func asked(in session: String) -> CompletionBody {
            var request = question
            request.session = session
            return request
        }

        /// The same tokens, computed from the first one on.
        var computedAnew: CompletionBody {
            var request = question
            request.prompt = prompt + question.prompt
            request.reusesPrefix = false
            return request
        }

        /// Whether the state that the session began with was still there: its last token may have to be computed again,
        /// where a block of lightning attention ends with it.
        func isKept(cached: Int) -> Bool { cached >= prompt.count - 1 }
    }

    static let questionTokens = 8, answerTokens = 16

    let conversations: [Conversation]
    let streams: [CompletionBody]
    /// The service is told to stop when every stream has brought so many tokens.
    let tokensBefore: Int

    init(
        _ tokens: BenchTokens, sessions: Int, context: Int, streams: Int, answer: Int,
        random: inout some RandomNumberGenerator
    ) {
        conversations = (0 ..< sessions).map { _ in
            let prompt = tokens.request(context: context, tokens: 1, random: &random).prompt
            let question = tokens.request(
                context: Self.questionTokens, tokens: Self.answerTokens, random: &random)
            return Conversation(prompt: prompt, question: question)
        }
        self.streams = (0 ..< streams).map { _ in
            tokens.request(context: context, tokens: answer, random: &random)
        }
        tokensBefore = Int.random(in: answer / 8 ... answer / 4, using: &random)
    }

    /// - Throws: `StartError` when an answer is not whole, or the streams ended before the service did.
    func run(on cluster: ClusterHandle) async throws -> DrainRound {
        let watcher = AnswerWatcher(try RESTClient(url: cluster.url))
        let calm = try await watch(watcher) { _, _ in }
        let (sessions, held) = try await makeSessions(on: cluster)
        guard let victim = held.fullest, let child = cluster.attentionHosts.first(where: { $0.name == victim }) else {
            throw StartError("no attention service keeps a session")
        }
        let (stop, answers) = try await stop(child, of: cluster, watcher)
        let gaps = try gaps(of: answers, stop)
        var round = DrainRound(
            stop: stop, sessions: sessions.count, sessionsHeld: held[victim], streams: streams.count, gaps: gaps)
        round.sameStreams = zip(answers, calm).count { $0.text == $1.text }
        for (conversation, session) in zip(conversations, sessions) {
            let answer = try await watcher.watch(conversation.asked(in: session))
            let expected = try await watcher.watch(conversation.computedAnew)
            if conversation.isKept(cached: answer.cached) { round.sessionsKept += 1 }
            if answer.text == expected.text { round.sessionsRight += 1 }
        }
        return round
    }

    /// All streams at the same time.
    ///
    /// - Parameter onTokens: told how many tokens a stream has, whenever more have come.
    private func watch(
        _ watcher: AnswerWatcher, onTokens: @escaping @Sendable (_ stream: Int, _ count: Int) -> Void
    ) async throws -> [WatchedAnswer] {
        try await withThrowingTaskGroup(of: (Int, WatchedAnswer).self) { tasks in
            for (index, request) in streams.enumerated() {
                tasks.addTask { (index, try await watcher.watch(request) { onTokens(index, $0) }) }
            }
            let answers = try await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
            return answers.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    /// - Returns: the sessions' ids, and how many of them each attention service keeps.
    private func makeSessions(on cluster: ClusterHandle) async throws -> ([String], HeldSessions) {
        let client = try SessionsClient(url: cluster.url, limits: .init(total: .seconds(300)))
        var kept = try await cluster.statesKept(), held = HeldSessions()
        var sessions: [String] = []
        for conversation in conversations {
            sessions.append(try await client.create(prompt: conversation.prompt).value.id)
            let before = kept
            kept = try await cluster.statesKept()
            held.add(before: before, after: kept)
        }
        return (sessions, held)
    }

    /// Lets the answers stream, and tells the service to stop in the middle of them.
    private func stop(
        _ child: ClusterHandle.Child, of cluster: ClusterHandle, _ watcher: AnswerWatcher
    ) async throws -> (ServiceStop, [WatchedAnswer]) {
        let (moment, reached) = AsyncStream<Void>.makeStream()
        async let stop = stop(child, of: cluster, when: moment, watcher)
        let progress = Mutex(StreamProgress(streams: streams.count, enough: tokensBefore))
        let answers = try await watch(watcher) { stream, count in
            if progress.withLock({ $0.note(stream, count) }) { reached.yield() }
        }
        reached.finish()
        return (try await stop, answers)
    }

    private func stop(
        _ child: ClusterHandle.Child, of cluster: ClusterHandle, when moment: AsyncStream<Void>,
        _ watcher: AnswerWatcher
    ) async throws -> ServiceStop {
        for await _ in moment { break }
        try Task.checkCancellation()        // nothing is stopped where the answers failed
        let streams = try await PlanClient(cluster.admin).plan().value.attention.sequences(on: child.name)
        let told = watcher.now
        let exit = try await cluster.stop(child)
        return ServiceStop(name: child.name, told: told, ended: watcher.now, exit: exit, streams: streams)
    }

    private func gaps(of answers: [WatchedAnswer], _ stop: ServiceStop) throws -> LongestGaps {
        let allBegun = answers.compactMap(\.tokens.first).max() ?? 0
        guard answers.allSatisfy({ $0.tokens.last.map { $0 > stop.ended } ?? false }),
            let gaps = LongestGaps(answers.map(\.tokens), since: allBegun, event: stop.told)
        else { throw StartError("the answers had ended before \(stop.name) did; ask for more --tokens") }
        return gaps
    }
}

extension ClusterHandle {
    /// How many states each attention service keeps in memory, once no sequence is left that is still to be kept.
    ///
    /// - Throws: `StartError` where sequences stay.
    fileprivate func statesKept() async throws -> [String: Int] {
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            var counts: [String: Int] = [:], sequences = 0.0
            for attention in attentionHosts {
                let page = try await MetricsPage.of(attention.admin, attention.name)
                counts[attention.name] = Int(page.sum("minimax_attention_states_kept"))
                sequences += page.sum("minimax_attention_sequences")
            }
            if sequences == 0 { return counts }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw StartError("attention has sequences although nothing is asked of it")
    }
}
