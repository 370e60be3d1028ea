internal import Foundation
internal import Tensors

/// Partial rotary embedding: the first `dimension` components of each head rotate, component j with j + dimension / 2; the rest pass (spec 2.5).
struct RotaryEmbedding: Sendable {
    private let headDimension: Int
    private let inverseFrequencies: [Double]        // (dimension / 2): theta^(-2j / dimension)

    init(dimension: Int, theta: Double, headDimension: Int) {
        self.headDimension = headDimension
        inverseFrequencies = (0 ..< dimension / 2).map { pow(theta, -2 * Double($0) / Double(dimension)) }
    }

    /// Rotates every head of one row of `x`, (rows, heads * headDimension). Angles in Double: at a million tokens a Float angle is off by 0.03.
    func rotate(_ x: inout Tensor, row: Int, position: Int) {
        let half = inverseFrequencies.count
        let start = row * x.columns
        for (index, frequency) in inverseFrequencies.enumerated() {
            let angle = Double(position) * frequency
            let cosine = Float(cos(angle)), sine = Float(sin(angle))
            for head in stride(from: start + index, to: start + x.columns, by: headDimension) {
                let first = x.values[head], second = x.values[head + half]
                x.values[head] = first * cosine - second * sine
                x.values[head + half] = second * cosine + first * sine
            }
        }
    }
}
