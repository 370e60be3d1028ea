internal import Foundation

extension TokenLogprobs {
    /// Log-softmax of one row of raw logits, read at `token` and at the `alternatives` most likely tokens.
    /// Sums in Double, so 200,000 terms cost no digits. A NaN logit counts as minus infinity.
    /// - Parameter logits: (vocabulary).
    init(of token: Int32, in logits: Span<Float>, alternatives: Int) {
        var highest = -Float.infinity
        for id in logits.indices where logits[id] > highest { highest = logits[id] }
        var sum = 0.0
        for id in logits.indices where logits[id] > -.infinity {
            sum += logits[id] == highest ? 1 : exp(Double(logits[id]) - Double(highest))
        }
        let logSum = Double(highest) + log(sum)
        func value(_ id: Int) -> Float {
            logits[id].isNaN || !logSum.isFinite ? -.infinity : Float(Double(logits[id]) - logSum)
        }
        top = Self.highest(alternatives, in: logits).map { Alternative(id: Int32($0), logprob: value($0)) }
        logprob = logits.indices.contains(Int(token)) ? value(Int(token)) : -.infinity
    }

    /// Indices of the `count` highest logits, highest first, the lower index among equals. For the small counts REST
    /// allows.
    private static func highest(_ count: Int, in logits: Span<Float>) -> [Int] {
        var best: [Int] = []
        guard count > 0 else { return best }
        for id in logits.indices where !logits[id].isNaN {
            if best.count == count, logits[id] <= logits[best[count - 1]] { continue }
            if best.count == count { best.removeLast() }
            let place = best.firstIndex { logits[$0] < logits[id] } ?? best.count
            best.insert(id, at: place)
        }
        return best
    }
}
