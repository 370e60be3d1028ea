/// What decoding at one context and batch came to.
struct DecodeFigures: Sendable {
    /// As `decode.bf16.exact.context512.batch1`.
    let name: String
    let batch: Int
    /// Of all sequences together.
    let tokensPerSecond: Double
    let bytesPerStep: Double
    let operationsPerStep: Double
    /// Bytes a second.
    let readBandwidth: Double
    /// Operations a second; NaN where no peak is known.
    let peak: Double

    private var stepsPerSecond: Double { tokensPerSecond / Double(batch) }
    /// What reading alone allows, and arithmetic alone.
    private var stepsPerSecondMax: Double { [readBandwidth / bytesPerStep, peak / operationsPerStep].filter(\.isFinite).min() ?? .nan }

    var speed: Measurement { Measurement(name: name, value: tokensPerSecond, unit: "tokens/s", ceiling: Double(batch) * stepsPerSecondMax) }
    var read: Measurement { Measurement(name: "\(name).read", value: bytesPerStep * stepsPerSecond / 1e9, unit: "GB/s", ceiling: readBandwidth / 1e9) }
    /// Nil where no peak is known.
    var arithmetic: Measurement? {
        guard peak.isFinite else { return nil }
        return Measurement(name: "\(name).arithmetic", value: operationsPerStep * stepsPerSecond / 1e9, unit: "GFLOP/s", ceiling: peak / 1e9)
    }
    var bytes: Measurement { Measurement(name: "\(name).bytes_per_step", value: bytesPerStep / 1e6, unit: "MB") }
}

extension [DecodeFigures] {
    /// Figures of the same unit together.
    var measurements: [Measurement] { map(\.speed) + map(\.read) + compactMap(\.arithmetic) + map(\.bytes) }
}
