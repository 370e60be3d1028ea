internal import Messages

/// A snapshot's file on its way to a client, part by part: the next one is asked for when the client has taken the one
/// before.
struct SnapshotDownload: Sendable {
    let state: StateID
    let states: any SessionStates
    /// The file's beginning, in which all that tells it from other files stands.
    let first: StatePart

    /// - Throws: `StateFailure`.
    init(_ state: StateID, _ states: any SessionStates) async throws(StateFailure) {
        (self.state, self.states) = (state, states)
        first = try await states.part(of: state, at: 0)
        guard !first.bytes.isEmpty else { throw .failed("the file of state \(state) is empty") }
    }

    var byteCount: Int { first.fileBytes }

    /// The header of a safetensors file has the checksums of all of its tensors: files of equal headers are equal.
    var tag: String {
        let length = first.bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let header = first.bytes.prefix(Int(clamping: length.addingReportingOverflow(8).partialValue))
        return "\"\(SHA256.hex(SHA256.digest(Array(header)).prefix(16)))\""
    }

    /// The next bytes of a range, of which everything before `offset` was sent.
    func bytes(of range: Range<Int>, at offset: Int) async throws(StateFailure) -> ArraySlice<UInt8> {
        try await bytes(at: offset).prefix(range.upperBound - offset)
    }

    private func bytes(at offset: Int) async throws(StateFailure) -> ArraySlice<UInt8> {
        if offset < first.bytes.count { return first.bytes[offset...] }
        let part = try await states.part(of: state, at: offset)
        guard part.fileBytes == byteCount, !part.bytes.isEmpty else {
            throw .failed("the file of state \(state) has changed: \(part.fileBytes) bytes, expected \(byteCount)")
        }
        return part.bytes[...]
    }
}
