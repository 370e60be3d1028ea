internal import TerminalOutput

/// One figure of `minimax bench sessions`, and what it should be.
struct SessionFigure: Sendable, Equatable {
    /// What a figure should be, in its own unit.
    enum Bar: Sendable, Equatable {
        case atMost(Double), atLeast(Double)

        var value: Double {
            switch self {
            case .atMost(let value), .atLeast(let value): value
            }
        }

        /// Whether `found` is what it should be; what is no number never is.
        func holds(_ found: Double) -> Bool {
            switch self {
            case .atMost(let most): found <= most
            case .atLeast(let least): found >= least
            }
        }
    }

    /// Dotted, as `turns.second_to_first`.
    let name: String
    let value: Double
    let unit: String
    /// Nil: the figure explains others, and nothing is expected of it.
    var bar: Bar?

    /// Nil where nothing is expected.
    var holds: Bool? { bar?.holds(value) }
}

extension [SessionFigure] {
    /// For programs: every figure, and where there is one its bar under the same name with `.bar` behind it.
    ///
    /// - Parameter what: as `sessions.bf16.exact`.
    func measurements(_ what: String) -> [Measurement] {
        flatMap { figure in
            let name = "\(what).\(figure.name)"
            return [Measurement(name: name, value: figure.value, unit: figure.unit)]
                + (figure.bar.map { [Measurement(name: "\(name).bar", value: $0.value, unit: figure.unit)] } ?? [])
        }
    }

    /// For people: a row for each figure.
    var table: TextTable {
        TextTable(header: ["", "found", "unit", "bar", "holds"], rows: map(\.row))
    }
}

extension SessionFigure {
    fileprivate var row: [String] {
        let bar =
            switch bar {
            case .atMost(let most): "at most \(TerminalOutput.figure(most))"
            case .atLeast(let least): "at least \(TerminalOutput.figure(least))"
            case nil: ""
            }
        return [name, TerminalOutput.figure(value), unit, bar, holds.map { $0 ? "yes" : "no" } ?? ""]
    }
}
