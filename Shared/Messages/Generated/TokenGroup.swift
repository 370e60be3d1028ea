// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The rows of one call that one expert, or a slice of it, computes.
package struct TokenGroup: Sendable, Hashable {
    /// The same as in `ExpertUnit`.
    package let expert: Int
    /// The same as in `ExpertUnit`.
    package let slice: ExpertSlice
    /// Indices of the rows of `hidden` that the expert computes.
    package let rows: [UInt32]

    /// Each parameter becomes the property of its name.
    package init(expert: Int, slice: ExpertSlice = .whole, rows: [UInt32]) {
        self.expert = expert
        self.slice = slice
        self.rows = rows
    }
}

extension TokenGroup {
    init(_ message: Minimax__Cluster__V1__TokenGroup, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            expert: Int(message.expert),
            slice: ExpertSlice(index: message.slice, count: message.slices, fields),
            rows: fields.array(message.rows, message.n_rows))
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__TokenGroup {
        var message = unsafe Minimax__Cluster__V1__TokenGroup()
        unsafe minimax__cluster__v1__token_group__init(&message)
        unsafe message.expert = UInt32(clamping: expert)
        unsafe message.slice = UInt32(slice.index)
        unsafe message.slices = UInt32(slice.count)
        unsafe message.n_rows = rows.count
        unsafe message.rows = arena.copy(rows)
        return unsafe message
    }
}
