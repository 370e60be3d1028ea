@testable import Router

/// Sequences whose outputs nobody reads.
enum TestSequence {
    static func make(_ id: UInt64, request name: String = "request", promptCount: Int = 4) -> LiveSequence {
        let request = GenerationRequest(
            id: name, prompt: (0 ..< Int32(promptCount)).map { 10 + $0 }, tokensMax: 4)
        let (_, continuation) = LiveSequence.Outputs.makeStream()
        return LiveSequence(id, request, suppressed: [], endTokens: [], outputs: continuation)
    }
}
