internal import Messages

@testable import Router

/// Sequences whose outputs nobody reads.
enum TestSequence {
    static func make(
        _ id: SequenceID, request name: String = "request", promptCount: Int = 4, scope: String = ""
    ) -> LiveSequence {
        var request = GenerationRequest(
            id: name, prompt: (0 ..< Int32(promptCount)).map { 10 + $0 }, tokensMax: 4)
        request.scope = PrefixScope(text: scope)
        let (_, continuation) = LiveSequence.Outputs.makeStream()
        return LiveSequence(id, request, suppressed: [], endTokens: [], outputs: continuation)
    }
}
