/// How long a sequence keeps its place, from those that ended lately; tells how long the queue takes.
struct Occupancy {
    private var mean: Duration?

    mutating func note(_ duration: Duration) {
        mean = mean.map { $0 * 0.7 + duration * 0.3 } ?? duration
    }

    /// When a request that comes now might find a place, behind `waiting` others.
    func wait(behind waiting: Int, places: Int) -> Duration {
        let wait = (mean ?? .seconds(1)) * Double(waiting + 1) / Double(max(1, places))
        return min(max(wait, .seconds(1)), .seconds(3600))
    }
}
