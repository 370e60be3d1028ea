/// How the hidden states of a text's tokens become one vector.
enum Pooling: String, Sendable, CaseIterable {
    /// Their mean.
    case mean
    /// The one of the last token, which has seen all others.
    case last
}
