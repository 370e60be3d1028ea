internal import TerminalOutput

/// What requests that reuse nothing lose by states being kept.
struct OverheadFigures: Sendable {
    /// Tokens a second.
    struct Rates: Sendable, Equatable {
        var decode: Double
        var prefill: Double
    }

    var on: [Rates] = []
    var off: [Rates] = []

    /// Negative where reuse is faster, as noise can have it.
    var figures: [SessionFigure] {
        [("decode", \Rates.decode), ("prefill", \.prefill)].flatMap { name, rate in
            let on = median(on.map { $0[keyPath: rate] }), off = median(off.map { $0[keyPath: rate] })
            return [
                SessionFigure(name: "overhead.\(name)", value: 100 * (off / on - 1), unit: "%", bar: .atMost(2)),
                SessionFigure(name: "overhead.\(name)_on", value: on, unit: "tokens/s"),
                SessionFigure(name: "overhead.\(name)_off", value: off, unit: "tokens/s"),
            ]
        }
    }
}
