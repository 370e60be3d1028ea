internal import Checkpoint

/// Where in a sequence its state is kept.
///
/// A kept state costs a copy of the lightning matrices, so states should stand where later prompts are likely to part
/// from this one. As a state can be cut back inside its last block, of two wanted positions in one block the later
/// serves for both.
struct KeepPolicy: Sendable, Equatable {
    /// Whether prefixes are reused and states kept at all.
    var isOn = true
    /// A state is kept every so many tokens of a long prompt; 0: never.
    var keepEvery = 8192

    /// The beginning that many conversations have in common is kept by itself where it has so many tokens.
    static let commonLengthMin = 256

    /// Shorter sequences, and shorter stretches, are as soon computed again.
    static let lengthMin = 16
    private static let blockLength = ModelConfig.lightningBlockLength

    /// The positions of a prompt where its state is to be kept, ascending; each is the length of a state.
    ///
    /// - Parameters:
    ///   - promptCount: tokens of the prompt.
    ///   - reused: how many of them an earlier state has.
    ///   - matched: how many of them were computed before.
    ///   - keepAt: positions that the request names.
    func points(promptCount: Int, reused: Int, matched: Int, keepAt: [Int]) -> [Int] {
        guard isOn else { return [] }
        var chosen = ChosenPoints(reused: reused, promptCount: promptCount)
        for point in keepAt { chosen.add(point, distance: Self.lengthMin) }
        if matched < promptCount { chosen.add(matched, distance: Self.blockLength) }
        if keepEvery > 0 {
            for point in stride(from: keepEvery, to: promptCount, by: keepEvery) {
                chosen.add(point, distance: Self.blockLength)
            }
        }
        // The same prompt again must compute its last token, and a state that ends at a border cannot be cut back.
        let isBorder = promptCount % Self.blockLength == 0
        chosen.add(isBorder ? promptCount - 1 : promptCount, distance: Self.blockLength)
        return chosen.points.sorted()
    }

    /// Whether the state at a sequence's end is worth keeping.
    ///
    /// - Parameters:
    ///   - length: tokens of the state.
    ///   - since: the length of the longest state that is kept of the same tokens; 0: there is none.
    func keepsEnd(length: Int, since: Int) -> Bool { isOn && length - since >= Self.lengthMin }
}

/// Positions that were chosen so far, the most important first.
private struct ChosenPoints {
    let reused: Int
    let promptCount: Int
    var points: [Int] = []

    /// - Parameter distance: how far from what is reused the position must be.
    mutating func add(_ point: Int, distance: Int) {
        guard point <= promptCount, point >= KeepPolicy.lengthMin, point - reused >= distance else { return }
        let block = PrefixTree.border(point)
        if let same = points.firstIndex(where: { PrefixTree.border($0) == block }) {
            points[same] = max(points[same], point)
        } else if !points.contains(where: { abs($0 - point) < PrefixTree.blockLength }) {
            points.append(point)
        }
    }
}
