import Foundation

extension ModelConfig {
    /// How fast each head of a lightning layer forgets: the state shrinks by exp(-slope) per token.
    ///
    /// - Parameter layer: the layer's index among all layers, softmax layers included.
    /// - Returns: shape (heads), unitless, computed in double precision and rounded once.
    /// - Source: the original `modeling_minimax_text_01.py` (`_build_slope_tensor` and the layer factor); one layer
    ///   alone as in vLLM.
    package func decaySlopes(layer: Int) -> [Float] {
        precondition(layers.indices.contains(layer), "layer \(layer) of a model with \(layerCount)")
        let depth = layerCount == 1 ? 0 : Double(layer) / Double(layerCount - 1)
        let factor = 1 - depth + 1e-5
        return Self.baseSlopes(headCount).map { Float($0 * factor) }
    }

    /// ALiBi's slopes. For a count that is no power of two: those of the next smaller power, then every other one of
    /// the next larger.
    static func baseSlopes(_ headCount: Int) -> [Double] {
        let power = 1 << (Int.bitWidth - 1 - headCount.leadingZeroBitCount)        // largest power of two <= headCount
        func slopes(_ count: Int) -> [Double] { (1 ... count).map { exp2(-8 * Double($0) / Double(count)) } }
        guard headCount > power else { return slopes(power) }
        let between = slopes(2 * power)
        return slopes(power) + (0 ..< headCount - power).map { between[2 * $0] }
    }
}
