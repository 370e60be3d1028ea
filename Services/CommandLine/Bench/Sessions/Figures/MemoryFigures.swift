/// What a service says that its kept states take, and how much its process has grown by them.
struct MemoryFigures: Sendable {
    /// Bytes at one moment.
    struct Reading: Sendable, Equatable {
        /// What the service reports.
        var reported: Int
        /// Memory of the process that belongs to no file.
        var resident: Int
    }

    /// Without states.
    var base: Reading
    /// With so many states.
    var readings: [(count: Int, reading: Reading)] = []

    /// The difference counts, in whichever direction.
    var figures: [SessionFigure] {
        readings.flatMap { count, reading in
            let reported = Double(reading.reported - base.reported), resident = Double(reading.resident - base.resident)
            return [
                SessionFigure(
                    name: "memory.states\(count).difference", value: 100 * abs(resident - reported) / reported,
                    unit: "%", bar: .atMost(5)),
                SessionFigure(name: "memory.states\(count).reported", value: reported / 1e6, unit: "MB"),
                SessionFigure(name: "memory.states\(count).growth", value: resident / 1e6, unit: "MB"),
            ]
        }
    }
}
