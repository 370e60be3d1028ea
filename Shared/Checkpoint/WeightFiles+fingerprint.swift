extension WeightFiles {
    /// 32 hexadecimal digits that tell two checkpoints apart, the same on every machine and for any cut into files.
    ///
    /// It covers what the config says of the arithmetic, every tensor's name, dtype and shape, and two tensors that
    /// training moves (the final norm and the last gate): models of equal shape differ, yet only those few hundred
    /// kilobytes are read. Whether all other bytes are right, digests tell (`WeightDigests`).
    package func fingerprint() throws(CheckpointError) -> String {
        var digest = FNV128()
        digest.add(config.arithmetic)
        addStructure(to: &digest)
        for tensor in [names.finalNorm, names.gate(config.layerCount - 1)] {
            guard let location = locations[tensor.name] else { continue }
            digest.add(location.file.bytes(location.entry.bytes))
        }
        return digest.hexadecimal
    }

    /// The same of every tensor's name, dtype and shape alone.
    var structure: String {
        var digest = FNV128()
        addStructure(to: &digest)
        return digest.hexadecimal
    }

    private func addStructure(to digest: inout FNV128) {
        for name in locations.keys.sorted() {
            guard let entry = locations[name]?.entry else { continue }
            digest.add("\n\(name) \(entry.elementType) \(entry.shape)")
        }
    }
}

extension ModelConfig {
    /// Everything that changes what the model computes, as one line; dialects that say the same give the same line.
    fileprivate var arithmetic: String {
        let kinds = layers.map { $0 == .softmax ? "1" : "0" }.joined()
        let sizes = [
            vocabularySize, hiddenSize, headCount, keyValueHeadCount, headDimension, intermediateSize, expertCount,
            expertsPerToken,
        ]
        let scales = [lightningScale, softmaxScale, feedForwardScale].flatMap { [$0.alpha, $0.beta] }
        let window = slidingWindow ?? 0
        return "\(kinds) \(sizes) \(isPostNorm) \(scales) \(normEpsilon) \(rotaryDimension) \(ropeTheta) \(window) "
            + "\(sharedIntermediateSizes) \(sharedExpertMode.rawValue) \(tiesEmbeddings)"
    }
}

/// The 128-bit Fowler–Noll–Vo hash, variant 1a: tells honest inputs apart, no defence against made-up collisions.
struct FNV128 {
    private var state: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { state = (state ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013B }
    }

    mutating func add(_ text: String) { add(text.utf8) }

    var hexadecimal: String {
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
