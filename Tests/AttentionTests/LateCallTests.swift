import Checkpoint
import Messages
import NIOCore
import Testing
import Transport
import TypedCalls

@testable import Attention

@Suite("Calls to attention whose deadline has passed") struct LateCallTests {
    @Test("are not begun, and change no sequence")
    func late() async throws {
        let engine = try AttentionEngine("mixed-original")
        try await engine.open(1, tokensMax: 8)
        let row = (0 ..< engine.config.hiddenSize).map { Float($0 % 17) - 8 }
        let attend = SublayerRequest(layer: 0, spans: [SequenceSpan(sequence: 1, start: 0, count: 1)], hidden: row)
        let head = HeadRequest(hidden: row, questions: [HeadQuestion(whole: true)])
        let late = CallContext(path: "/v1/x", deadline: .now() - .seconds(1))
        let error = RPCError(.deadlineExceeded, "/v1/x was not begun: its deadline had passed")
        await #expect(throws: error) { try await engine.attend(attend, late) }
        await #expect(throws: error) { try await engine.embed(EmbedRequest(tokens: [1]), late) }
        await #expect(throws: error) { try await engine.head(head, late) }

        // The sequence still stands at position 0, or this call would be refused.
        let inTime = CallContext(path: "/v1/x", deadline: .now() + .seconds(600))
        #expect(try await engine.attend(attend, inTime).partial.count == row.count)
        #expect(try await engine.embed(EmbedRequest(tokens: [1]), inTime).hidden.count == row.count)
        #expect(try await engine.head(head, inTime).wholeLogits.count == engine.config.vocabularySize)
    }
}
