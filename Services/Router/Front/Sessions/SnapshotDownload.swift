internal import Messages
internal import Snapshots

/// A snapshot's file on its way to a client, part by part: the next one is asked for when the client has taken the one
/// before.
struct SnapshotDownload: Sendable {
    let state: StateID
    let states: any SessionStates
    private let file: JoinedSnapshot

    /// - Throws: `StateFailure`.
    init(_ state: StateID, _ states: any SessionStates) async throws(StateFailure) {
        (self.state, self.states) = (state, states)
        file = try await states.file(of: state)
    }

    var byteCount: Int { file.byteCount }

    /// The header of a safetensors file has the checksums of all of its tensors: files of equal headers are equal.
    var tag: String { "\"\(SHA256.hex(SHA256.digest(file.header).prefix(16)))\"" }

    /// The next bytes of a range, of which everything before `offset` was sent.
    func bytes(of range: Range<Int>, at offset: Int) async throws(StateFailure) -> [UInt8] {
        try await states.bytes(offset ..< range.upperBound, of: file, state)
    }
}
