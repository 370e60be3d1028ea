internal import AdminMessages

/// Which placement the router makes, as flags and `/admin/plan` say.
struct PlacementSettings: Sendable, Equatable {
    typealias Mode = PlacementGoal

    var mode = Mode.auto
    var copies = 1
    var hotCopies = true
    var pins: [PlacementWish.Pin] = []
    /// Names of hosts that get nothing and keep nothing, though they live.
    var drained: Set<String> = []

    /// What may be asked for: no more than hosts that a cluster could have.
    static let copiesRange = 1 ... 1024
}
