internal import TerminalOutput

/// How fast states are written to disk and read again, to plain files of the same size in the same folder.
struct SnapshotFigures: Sendable {
    /// One state and one plain file. Times are seconds.
    struct Sample: Sendable, Equatable {
        var bytes: Int
        var store: Double
        var plainWrite: Double
        var load: Double
        /// Block by block into one place, as `dd` does.
        var plainRead: Double
        /// Into fresh memory for all of the file, as a state needs it.
        var plainReadWhole: Double
    }

    var samples: [Sample] = []

    var figures: [SessionFigure] {
        [
            share("snapshot.store_to_plain_write", \.plainWrite, \.store),
            share("snapshot.load_to_plain_read", \.plainRead, \.load),
            SessionFigure(
                name: "snapshot.load_to_plain_read_whole", value: middle(\.plainReadWhole, \.load), unit: "%"),
            rate("snapshot.store", \.store), rate("snapshot.plain_write", \.plainWrite),
            rate("snapshot.load", \.load), rate("snapshot.plain_read", \.plainRead),
            rate("snapshot.plain_read_whole", \.plainReadWhole),
            SessionFigure(name: "snapshot.size", value: median(samples.map { Double($0.bytes) / 1e6 }), unit: "MB"),
        ]
    }

    private func share(
        _ name: String, _ plain: KeyPath<Sample, Double>, _ ours: KeyPath<Sample, Double>
    ) -> SessionFigure {
        SessionFigure(name: name, value: middle(plain, ours), unit: "%", bar: .atLeast(70))
    }

    /// Ours as a share of the plain one's speed.
    private func middle(_ plain: KeyPath<Sample, Double>, _ ours: KeyPath<Sample, Double>) -> Double {
        median(samples.map { 100 * $0[keyPath: plain] / $0[keyPath: ours] })
    }

    private func rate(_ name: String, _ seconds: KeyPath<Sample, Double>) -> SessionFigure {
        let rates = samples.map { Double($0.bytes) / $0[keyPath: seconds] / 1e6 }
        return SessionFigure(name: name, value: median(rates), unit: "MB/s")
    }
}
