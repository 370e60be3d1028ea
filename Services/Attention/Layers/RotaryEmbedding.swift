internal import Foundation

/// Partial rotary embedding: the first `dimension` components of each head rotate, component j with j + dimension / 2;
/// the rest stay as they are.
struct RotaryEmbedding: Sendable {
    private let headDimension: Int
    private let inverseFrequencies: [Double]        // (dimension / 2): theta^(-2j / dimension)

    init(dimension: Int, theta: Double, headDimension: Int) {
        self.headDimension = headDimension
        inverseFrequencies = (0 ..< dimension / 2).map { pow(theta, -2 * Double($0) / Double(dimension)) }
    }

    /// How the heads at one position turn; its queries and keys turn alike.
    func rotation(at position: Int) -> Rotation {
        // Angles in Double: at a million tokens a Float angle is off by 0.03.
        let angles = inverseFrequencies.map { Double(position) * $0 }
        return Rotation(
            headDimension: headDimension, cosines: angles.map { Float(cos($0)) }, sines: angles.map { Float(sin($0)) })
    }
}

/// What one position does to a head.
struct Rotation {
    let headDimension: Int
    let cosines: [Float]        // (dimension / 2)
    let sines: [Float]        // (dimension / 2)

    /// Rotates each head of one row, `columns` floats in all.
    func apply(to row: UnsafeMutablePointer<Float>, columns: Int) {
        let half = cosines.count
        for head in stride(from: 0, to: columns, by: headDimension) {
            for component in 0 ..< half {
                let first = unsafe row[head + component], second = unsafe row[head + component + half]
                unsafe row[head + component] = first * cosines[component] - second * sines[component]
                unsafe row[head + component + half] = second * cosines[component] + first * sines[component]
            }
        }
    }
}
