package import Checkpoint

/// Whose heads the tensors of a state's file are of.
package enum SnapshotHeads: Sendable, Equatable {
    /// Those of one part of attention, which may be all of it.
    case part(AttentionPart)
    /// Those of all of so many parts, 2, 4 or 8: each part's tensors are a section of the file.
    case sections(of: Int)

    /// The sections in the order of their parts. A file of one part is one section, whose names have no prefix.
    package var sections: [SnapshotSection] {
        switch self {
        case .part(let part): [SnapshotSection(part: part, prefix: "")]
        case .sections(let count):
            AttentionPart.all(of: count).map { SnapshotSection(part: $0, prefix: SnapshotFormat.section($0)) }
        }
    }
}

/// The tensors of one part in a state's file.
package struct SnapshotSection: Sendable, Equatable {
    /// Whose heads they are of.
    package let part: AttentionPart
    /// What their names begin with.
    package let prefix: String

    /// Whether it has heads that another part has, too, of however many parts that is one.
    package func overlaps(_ other: AttentionPart) -> Bool { part.eighths.overlaps(other.eighths) }
}
