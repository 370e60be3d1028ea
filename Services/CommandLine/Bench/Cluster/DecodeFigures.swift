/// What decoding at one context and batch came to.
struct DecodeFigures: Sendable {
    /// What was measured, for example `decode.bf16.exact.context512.batch1`.
    let name: String
    let batch: Int
    /// The speed of all sequences together.
    let tokensPerSecond: Double
    let bytesPerStep: Double
    let operationsPerStep: Double
    /// What the machine can read, in bytes a second.
    let readBandwidth: Double
    /// What the machine can compute, in operations a second; NaN where no peak is known.
    let peak: Double

    private var stepsPerSecond: Double { tokensPerSecond / Double(batch) }
    /// The lower of what reading alone and arithmetic alone allow.
    private var stepsPerSecondMax: Double {
        [readBandwidth / bytesPerStep, peak / operationsPerStep].filter(\.isFinite).min() ?? .nan
    }

    var speed: Measurement {
        Measurement(name: name, value: tokensPerSecond, unit: "tokens/s", ceiling: Double(batch) * stepsPerSecondMax)
    }
    var read: Measurement {
        Measurement(
            name: "\(name).read", value: bytesPerStep * stepsPerSecond / 1e9, unit: "GB/s",
            ceiling: readBandwidth / 1e9)
    }
    /// Nil where no peak is known.
    var arithmetic: Measurement? {
        guard peak.isFinite else { return nil }
        return Measurement(
            name: "\(name).arithmetic", value: operationsPerStep * stepsPerSecond / 1e9, unit: "GFLOP/s",
            ceiling: peak / 1e9)
    }
    var bytes: Measurement { Measurement(name: "\(name).bytes_per_step", value: bytesPerStep / 1e6, unit: "MB") }
}

extension [DecodeFigures] {
    /// Figures of the same unit together.
    var measurements: [Measurement] { map(\.speed) + map(\.read) + compactMap(\.arithmetic) + map(\.bytes) }
}
