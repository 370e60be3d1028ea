internal import Tensors

extension ModelConfig {
    /// Lightning layers cut token positions at multiples of this, in prefill and decode, in exact and in fast arithmetic alike. Larger blocks, which
    /// suit other machines, only add work here: 16 heads of 128 took 8.9 µs a row in blocks of 64, 12.1 in blocks of 128, 18.7 in blocks of 256.
    package static let lightningBlockLength = 64

    /// Positions of one page of keys and values in a softmax layer.
    package static let keyValuePageLength = Kernels.pageLength

    /// Bytes of state that a session of `tokensMax` positions may come to hold in all layers, in f32.
    ///
    /// H heads of d components: a lightning layer keeps its (H, d, d) state and an open block's keys and values, whatever the length; a softmax layer
    /// keeps keys and values of its G key/value heads, in whole pages.
    ///
    /// - Returns: `Int.max` where the bytes do not fit in `Int`: more than any memory.
    package func sessionBytes(tokensMax: Int) -> Int {
        let lightningLayers = layers.count { $0 == .lightning }
        let lightning = saturatingProduct(lightningLayers, headCount, headDimension, headDimension + 2 * Self.lightningBlockLength, MemoryLayout<Float>.size)
        let (fullPages, rest) = max(0, tokensMax).quotientAndRemainder(dividingBy: Self.keyValuePageLength)
        let softmax = saturatingProduct(
            layers.count - lightningLayers, fullPages + (rest > 0 ? 1 : 0), 2 * Self.keyValuePageLength, keyValueHeadCount, headDimension, MemoryLayout<Float>.size)
        let (sum, isTooLarge) = lightning.addingReportingOverflow(softmax)
        return isTooLarge ? .max : sum
    }
}

/// Of counts, none negative; `Int.max` where the product does not fit.
private func saturatingProduct(_ factors: Int...) -> Int {
    if factors.contains(0) { return 0 }
    return factors.reduce(1) { product, factor in
        let (next, isTooLarge) = product.multipliedReportingOverflow(by: factor)
        return isTooLarge ? .max : next
    }
}
