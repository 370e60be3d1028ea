/// A prompt in token ids, and where its borders are among them.
package struct EncodedPrompt: Sendable, Equatable {
    /// The prompt's tokens.
    package var ids: [Int32]
    /// For each of the prompt's borders, how many tokens stand before it. Nil where a token might reach across the
    /// border. None does at the prompt's beginning, and where a text ends because the prompt ends there or an added
    /// token follows, such as the one that begins each message.
    package var borders: [Int?]
}
