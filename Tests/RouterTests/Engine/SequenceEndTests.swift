internal import Messages
internal import Testing
internal import Transport

@testable import Router

/// What a client is told at the end of its sequence.
@Suite("Sequence end") struct SequenceEndTests {
    private static func progress(begun: Bool, tokens: Int) -> SequenceProgress {
        var progress = SequenceProgress(sampler: Sampler(SamplingParameters()))
        let request = GenerationRequest(id: "r", prompt: [1], tokensMax: 100)
        if begun { progress.begin(at: .now) }
        for _ in 0 ..< tokens {
            _ = progress.take(5, nil, yieldsToken: true, of: request, endTokens: [], at: .now)
        }
        return progress
    }

    private func error(_ end: SequenceEnd) -> GenerationError? {
        guard case .failed(let error) = end else { return nil }
        return error as? GenerationError
    }

    @Test(
        "a timeout says how far the sequence had come",
        arguments: [
            (false, 0, "while it waited for its turn"), (true, 0, "while its prompt was read"),
            (true, 7, "after 7 tokens"),
        ])
    func expired(begun: Bool, tokens: Int, stage: String) {
        let end = SequenceEnd.expired(.milliseconds(1500), Self.progress(begun: begun, tokens: tokens))
        #expect(error(end) == .deadline("the request's timeout of 1.5 s passed \(stage)"))
    }

    @Test("without memory for a further token an answer ends as if it were long enough; a prompt is too large")
    func outgrown() {
        let answer = SequenceEnd.outgrown(promptCount: 9, Self.progress(begun: true, tokens: 1), tokensMax: 10)
        guard case .finished(.length) = answer else {
            Issue.record("\(answer)")
            return
        }
        let prompt = SequenceEnd.outgrown(promptCount: 9, Self.progress(begun: true, tokens: 0), tokensMax: 8)
        #expect(error(prompt) == .tooLarge("the prompt has 9 tokens, and the attention service has memory for 8"))
    }

    @Test("where the router ends, clients hear why, whatever has failed because of it")
    func ending() {
        let errors: [any Error] = [
            RPCError(.unavailable, "x"), ClusterError.expertHost("a", RPCError(.cancelled, "x")), CancellationError(),
            GenerationError.failed("x"),
        ]
        for error in errors {
            let end = SequenceEnd.failed(by: error, ending: "the disk is gone")
            #expect(self.error(end) == .unavailable("the disk is gone"), "\(error)")
        }
    }

    private enum Told { case overloaded, unavailable, lost, failed }

    private static func told(_ error: GenerationError) -> Told? {
        switch error {
        case .overloaded: .overloaded
        case .unavailable: .unavailable
        case .lost: .lost
        case .failed: .failed
        case .tooLarge, .deadline: nil
        }
    }

    @Test("what attention answers is told by what the client can do about it, and names no process")
    func attention() {
        for code in RPCError.Code.allCases {
            let expected: Told =
                switch code {
                case .resourceExhausted: .overloaded
                case .unavailable, .deadlineExceeded, .cancelled, .notFound: .lost
                case .invalidArgument, .failedPrecondition, .protocolError, .internalError: .failed
                }
            let told = error(.failed(by: RPCError(code, "unix:/run/attention.sock"), ending: nil))
            #expect(told.flatMap(Self.told) == expected, "\(code)")
            #expect(!"\(told.debugDescription)".contains("attention.sock"))
        }
    }

    @Test("so is what became of experts")
    func experts() {
        let lost = RPCError(.unavailable, "x"), wrong = RPCError(.internalError, "x")
        let cases: [(ClusterError, Told)] = [
            (.notHeld(ExpertUnit(layer: 1, expert: 2)), .unavailable), (.expertHost("host-7", lost), .lost),
            (.expertHost("host-7", wrong), .failed), (.answer(from: "host-7", "nonsense"), .failed),
        ]
        for (cause, expected) in cases {
            let told = error(.failed(by: cause, ending: nil))
            #expect(told.flatMap(Self.told) == expected, "\(cause)")
            #expect(!"\(told.debugDescription)".contains("host-7"))
        }
    }

    @Test("an error that was meant for the client is told as it is")
    func own() {
        let end = SequenceEnd.failed(by: GenerationError.lost("told"), ending: nil)
        #expect(error(end) == .lost("told"))
    }
}
