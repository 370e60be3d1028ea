internal import Foundation
internal import Tensors

/// The logits of neighbouring ids.
struct LogitRange: Sendable {
    private let values: ArraySlice<Float>
    let ids: Range<Int>

    /// - Parameter values: one for each id.
    init(_ values: ArraySlice<Float>, ids: Range<Int>) { (self.values, self.ids) = (values, ids) }

    /// The `count` tokens with the highest logits, in order.
    ///
    /// - Parameter runs: of the ids that may be among them, ascending.
    func highest(_ count: Int, in runs: [Range<Int>]) -> [RankedToken] {
        let logits = values.span, first = ids.lowerBound
        // As many again are gathered before the highest are sorted out, so that sorting is rare.
        let gatheredMax = 2 * min(count, ids.count) + 62
        var tokens: [RankedToken] = [], bar = -Float.infinity, isFull = false
        for run in runs {
            for id in run where !isFull || logits[id - first] > bar {        // an equal one has the higher id
                tokens.append(RankedToken(id: Int32(id), logit: logits[id - first].orMinusInfinity))
                guard tokens.count == gatheredMax else { continue }
                tokens = RankedToken.highest(count, of: tokens)
                (bar, isFull) = (tokens[tokens.count - 1].logit, true)
            }
        }
        return RankedToken.highest(count, of: tokens)
    }

    /// The token that is drawn.
    ///
    /// - Parameter runs: of the ids that may be drawn, ascending.
    func drawn(_ noise: TokenNoise, from runs: [Range<Int>]) -> DrawnToken? {
        let logits = values.span, first = ids.lowerBound
        var best: DrawnToken?, bar = -Double.infinity
        for run in runs {
            for id in run {
                let logit = logits[id - first].orMinusInfinity
                guard best == nil || noise.mayExceed(bar, id: id, logit: logit) else { continue }
                let found = DrawnToken(
                    token: RankedToken(id: Int32(id), logit: logit), score: noise.score(of: id, logit: logit))
                guard best.map(found.precedes) ?? true else { continue }
                (best, bar) = (found, found.score)
            }
        }
        return best
    }

    /// Always added in the order of ids.
    func sum(over runs: [Range<Int>], temperature: Double) -> EighthSum {
        let logits = values.span, first = ids.lowerBound
        var result = EighthSum()
        for run in runs {
            for id in run where logits[id - first] > result.highest { result.highest = logits[id - first] }
        }
        let highest = Double(result.highest)
        for run in runs {
            for id in run where logits[id - first] > -.infinity {
                guard logits[id - first] < result.highest else {
                    result.sum += 1
                    continue
                }
                let exponent = (Double(logits[id - first]) - highest) / temperature
                if exponent > -80 { result.sum += exp(exponent) }        // what is smaller is lost in the sum
            }
        }
        return result
    }
}
