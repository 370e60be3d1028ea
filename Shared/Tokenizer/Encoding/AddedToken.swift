/// A token found in the text as it stands, before the text is split into words.
struct AddedToken: Sendable, Equatable {
    let id: Int32
    let content: String
    /// What is searched and what it decodes to: the content, normalized if `isNormalized`.
    let text: [UInt8]
    /// Skipped when decoding.
    let isSpecial: Bool
    /// Not matched beside a word character.
    let isSingleWord: Bool
    /// Takes the whitespace before or after it along.
    let stripsLeft: Bool, stripsRight: Bool
    /// Searched in the normalized text instead of the raw one.
    let isNormalized: Bool
}
