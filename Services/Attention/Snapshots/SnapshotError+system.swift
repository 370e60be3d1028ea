internal import Console
internal import Snapshots

extension SnapshotError {
    /// From `errno`; call it before anything else can change that.
    static func system(_ code: Int32) -> SnapshotError { .disk(systemWords(code)) }
}
