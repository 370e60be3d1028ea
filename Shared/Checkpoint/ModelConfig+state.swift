package import Tensors

extension ModelConfig {
    /// Lightning layers cut token positions at multiples of this, in prefill and decode, in exact and in fast
    /// arithmetic alike. Larger blocks, which suit other machines, only add work here: 16 heads of 128 took 8.9 µs a
    /// row in blocks of 64, 12.1 in blocks of 128, 18.7 in blocks of 256.
    package static let lightningBlockLength = 64

    /// Positions of one page of keys and values in a softmax layer.
    package static let keyValuePageLength = Kernels.pageLength

    /// What the state of a sequence takes in one process that computes all of attention.
    package var stateSize: StateSize { stateSize(of: .whole) }

    /// What the state of a sequence takes in the largest of so many parts, which must be one of `AttentionPart.counts`.
    ///
    /// - Parameter keyValues: how keys and values are stored.
    package func stateSize(of partCount: Int, keyValues: FloatFormat = .float32) -> StateSize {
        let sizes = AttentionPart.all(of: partCount).map { stateSize(of: $0, keyValues: keyValues) }
        return StateSize(
            fixedBytes: sizes.map(\.fixedBytes).max() ?? 0, pageBytes: sizes.map(\.pageBytes).max() ?? 0,
            pageLength: Self.keyValuePageLength)
    }

    /// What the state of a sequence takes in one part.
    ///
    /// H heads of d components: a lightning layer keeps its (H, d, d) state and an open block's keys and values,
    /// whatever the length; a softmax layer keeps keys and values of its G key/value heads, in whole pages. H and G are
    /// those that the part has.
    ///
    /// - Parameter keyValues: how keys and values of softmax layers are stored; lightning layers have f32.
    package func stateSize(of part: AttentionPart, keyValues: FloatFormat = .float32) -> StateSize {
        let lightningLayers = layers.count { $0 == .lightning }
        return StateSize(
            fixedBytes: saturatingProduct(
                lightningLayers, heads(of: part).count, headDimension, headDimension + 2 * Self.lightningBlockLength,
                MemoryLayout<Float>.size),
            pageBytes: saturatingProduct(
                layers.count - lightningLayers, 2 * Self.keyValuePageLength, keyValueHeads(of: part).count,
                headDimension, keyValues.byteCount),
            pageLength: Self.keyValuePageLength)
    }

    /// The most data that the file of a state of so many tokens has, beside the token ids, whatever parts attention was
    /// cut into where it was written, and in whichever format it has keys and values: a key/value head that several
    /// parts read stands there once for each, and f32 is the longest format.
    package func stateFileBytes(tokens: Int) -> Int {
        let sums = AttentionPart.counts.filter { $0 <= attentionPartsMax }.map { count in
            AttentionPart.all(of: count).reduce(0) { sum, part in
                let (next, isTooLarge) = sum.addingReportingOverflow(stateSize(of: part).bytes(tokens: tokens))
                return isTooLarge ? .max : next
            }
        }
        return sums.max() ?? 0
    }

    /// Bytes of state that a sequence of `tokensMax` positions may come to have in all layers of one process that
    /// computes all of attention; see `StateSize.bytes`.
    ///
    /// - Parameter keyValues: how keys and values are stored.
    package func stateBytes(tokensMax: Int, keyValues: FloatFormat = .float32) -> Int {
        stateSize(of: .whole, keyValues: keyValues).bytes(tokens: tokensMax)
    }
}
