import Checkpoint
import Messages
import Testing
import Transport

@testable import Router

/// What attention processes say and do that shows that they are of no use.
@Suite("Conduct of attention processes") struct AttentionConductTests {
    private static let path = "/keep"

    @Test("an answer that is none is one too many")
    func garbage() {
        var conduct = AttentionConduct()
        let reason = conduct.failed(Self.path, .other, RPCError(.protocolError, "17 bytes are no such message"))
        #expect(reason == "what is no answer to /keep: 17 bytes are no such message")
    }

    @Test(
        "a call may fail, the third one in a row of its kind may not",
        arguments: [RPCError.Code.deadlineExceeded, .internalError])
    func lapses(code: RPCError.Code) {
        var conduct = AttentionConduct()
        let error = RPCError(code, "x")
        for _ in 0 ..< 5 {
            for _ in 0 ..< 2 { #expect(conduct.failed(Self.path, .other, error) == nil) }
            conduct.answered(Self.path)
        }
        for _ in 0 ..< 2 { #expect(conduct.failed(Self.path, .other, error) == nil) }
        conduct.answered("/describe")
        #expect(conduct.failed(Self.path, .other, error) == "none of the last 3 calls of /keep, at last with \(error)")
    }

    @Test(
        "what any process may say of states as often as it has to is held against none, but not of rows",
        arguments: [
            RPCError.Code.unavailable, .cancelled, .notFound, .failedPrecondition, .resourceExhausted, .invalidArgument,
        ])
    func excuses(code: RPCError.Code) {
        var conduct = AttentionConduct()
        for _ in 0 ..< 10 { #expect(conduct.failed(Self.path, .other, RPCError(code, "x")) == nil) }
        for _ in 0 ..< 2 { #expect(conduct.failed("/attend", .rows, RPCError(code, "x")) == nil) }
        let isGone = code == .unavailable || code == .cancelled
        #expect((conduct.failed("/attend", .rows, RPCError(code, "x")) == nil) == isGone)
    }

    @Test("one that owes an answer and computes nothing for a long time never gives it")
    func idle() {
        var conduct = AttentionConduct()
        let first = conduct.asked(), second = conduct.asked()
        #expect(conduct.looked(isIdle: true, at: .seconds(100)) == nil)
        #expect(conduct.looked(isIdle: true, at: .seconds(119)) == nil)
        conduct.settled(first)
        #expect(conduct.looked(isIdle: true, at: .seconds(121)) == nil, "another call is the oldest")
        #expect(conduct.looked(isIdle: false, at: .seconds(130)) == nil)
        #expect(conduct.looked(isIdle: true, at: .seconds(150)) == nil, "it has computed something")
        let reason = conduct.looked(isIdle: true, at: .seconds(170))
        #expect(reason == "that it computes nothing, for 20.0 s, while it owes an answer")
        conduct.settled(second)
        for seconds in [200, 300] { #expect(conduct.looked(isIdle: true, at: .seconds(seconds)) == nil) }
    }

    private func description(
        _ fingerprint: String = "f", _ arithmetic: String = "exact", _ part: Int = 1, of count: Int = 2
    ) -> AttentionDescription {
        AttentionDescription(
            modelFingerprint: fingerprint, kernels: "k", memoryBudgetBytes: 1, arithmetic: arithmetic, othersBytes: 0,
            stalledMilliseconds: 0, partIndex: part, partCount: count)
    }

    @Test("a description must be of the cluster's checkpoint, its arithmetic and the part that was given")
    func descriptions() {
        let expected = AttentionExpectation(
            fingerprint: "f", arithmetic: "exact", part: AttentionPart(index: 1, count: 2))
        #expect(description().fault(expected) == nil)
        #expect(description("g").fault(expected) == "that it has checkpoint g, expected f")
        #expect(description("f", "fast").fault(expected) == "that its arithmetic is fast, expected exact")
        #expect(description("f", "exact", 0).fault(expected) == "that it has part 0 of 2, expected 1 of 2")
        #expect(description("f", "exact", 1, of: 4).fault(expected) == "that it has part 1 of 4, expected 1 of 2")
        let any = AttentionExpectation(fingerprint: "f", arithmetic: "exact", part: nil)
        #expect(description("f", "exact", 7, of: 8).fault(any) == nil)
    }
}
