internal import TerminalOutput

/// What a fork takes, to a copy of as many bytes as its lightning matrices have.
struct ForkFigures: Sendable {
    /// One fork. Times are seconds.
    struct Sample: Sendable, Equatable {
        /// Opening it from a kept state.
        var open: Double
        /// What the calls in which it begins its first block take longer than those of a sequence that shares nothing
        /// and has memory for a block.
        var begin = 0.0
        /// What the calls in which it closes its first block, which copy the matrices, take longer.
        var close = 0.0
        /// Copying as many bytes.
        var copy: Double

        /// Opening, and what the first block takes longer.
        var total: Double { open + begin + close }
    }

    /// Of all lightning matrices.
    var matrixBytes: Int
    /// Of the keys and values of the kept state.
    var keyValueBytes: Int
    /// What the service counts as shared while a fork is open that has closed its first block.
    var sharedBytes = 0
    var samples: [Sample] = []

    var figures: [SessionFigure] {
        let total = median(samples.map(\.total)), copy = median(samples.map(\.copy))
        return [
            SessionFigure(name: "fork.time_to_copy", value: total / copy, unit: "ratio", bar: .atMost(1.3)),
            SessionFigure(name: "fork.time", value: 1e6 * total, unit: "µs"),
            part("fork.open", \.open), part("fork.begin_block", \.begin), part("fork.close_block", \.close),
            part("fork.copy", \.copy),
            SessionFigure(name: "fork.matrices", value: Double(matrixBytes) / 1e6, unit: "MB"),
            SessionFigure(name: "fork.shared", value: Double(sharedBytes) / 1e6, unit: "MB"),
            SessionFigure(
                name: "fork.shared_to_keys_and_values", value: 100 * Double(sharedBytes) / Double(keyValueBytes),
                unit: "%", bar: .atLeast(100)),
        ]
    }

    private func part(_ name: String, _ seconds: KeyPath<Sample, Double>) -> SessionFigure {
        SessionFigure(name: name, value: 1e6 * median(samples.map { $0[keyPath: seconds] }), unit: "µs")
    }
}
