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

    /// Rotates every head of the rows of `x`, (rows, heads * headDimension), the first of them at position `start`.
    /// Angles in Double: at a million tokens a Float angle is off by 0.03.
    func rotate(_ x: inout Tensor, rows: Range<Int>, start: Int, _ compute: Compute) {
        let columns = x.columns, half = inverseFrequencies.count, headDimension = headDimension
        unsafe x.values.withUnsafeMutableBufferPointer { values in
            compute.inParts(rows.count, operations: 4 * columns) { part in
                for index in part {
                    let row = unsafe values.baseAddress! + (rows.lowerBound + index) * columns
                    for (component, frequency) in inverseFrequencies.enumerated() {
                        let angle = Double(start + index) * frequency
                        let cosine = Float(cos(angle)), sine = Float(sin(angle))
                        for place in stride(from: component, to: columns, by: headDimension) {
                            let first = unsafe row[place], second = unsafe row[place + half]
                            unsafe row[place] = first * cosine - second * sine
                            unsafe row[place + half] = second * cosine + first * sine
                        }
                    }
                }
            }
        }
    }
}
