internal import Messages
internal import Tensors

extension TokenLogprobs {
    /// Log-softmax of one row of raw logits, read at one token and at the row's highest ones. Sums are in Double, so
    /// that 200,000 terms cost no digits.
    ///
    /// - Parameters:
    ///   - logit: the token's.
    ///   - row: what the head said of the row, the sum of all among it.
    init(logit: Float, in row: HeadRow) {
        let logarithm = row.allSum?.logarithm ?? -.infinity
        func value(_ logit: Float) -> Float {
            logarithm.isFinite ? Float(Double(logit) - logarithm) : -.infinity
        }
        logprob = value(logit)
        top = row.top.filter { $0.logit > -.infinity }.map { Alternative(id: $0.id, logprob: value($0.logit)) }
    }

    /// What is to be asked about a row of logits to know how likely a token is after it.
    static func question(about token: Int32, alternatives: Int) -> HeadQuestion {
        HeadQuestion(named: [UInt32(clamping: token)], top: alternatives, logSum: true)
    }

    /// - Parameter row: the answer to such a question.
    init(answer row: HeadRow) { self.init(logit: row.named.first ?? -.infinity, in: row) }
}
