internal import Checkpoint
internal import Messages

/// What an attention process must say of itself each time that it is asked.
struct AttentionExpectation: Sendable {
    /// Of the router's checkpoint.
    let fingerprint: String
    /// Of all attention services; see `FloatFormat.attention`.
    let arithmetic: String
    /// That it was told to compute; nil: any.
    let part: AttentionPart?
}

extension AttentionDescription {
    /// What it says that it must not say, and what was expected; nil where all is well.
    func fault(_ expected: AttentionExpectation) -> String? {
        guard modelFingerprint == expected.fingerprint else {
            return "that it has checkpoint \(modelFingerprint), expected \(expected.fingerprint)"
        }
        guard arithmetic == expected.arithmetic else {
            return "that its arithmetic is \(arithmetic), expected \(expected.arithmetic)"
        }
        guard let part = expected.part, (partIndex, partCount) != (part.index, part.count) else { return nil }
        return "that it has part \(partIndex) of \(partCount), expected \(part.index) of \(part.count)"
    }
}
