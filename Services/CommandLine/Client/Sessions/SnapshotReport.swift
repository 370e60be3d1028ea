/// A snapshot as the router tells of it.
package struct SnapshotReport: Decodable, Sendable, Equatable {
    /// How many tokens the state has.
    package var tokens: Int
    /// The size of the file.
    package var bytes: Int
}
