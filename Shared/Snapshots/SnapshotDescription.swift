package import Checkpoint
internal import JSON

/// What a snapshot says of its state beside the tensors.
package struct SnapshotDescription: Sendable, Equatable {
    /// Of the checkpoint that computed the state.
    package var fingerprint: String
    /// "exact", "fast", "exact+kv-bf16" or "fast+kv-bf16"; see `FloatFormat.attention`.
    package var arithmetic: String
    /// Whose heads the tensors are of.
    package var heads: SnapshotHeads
    /// How many tokens the state has.
    package var length: Int
    /// Whose state it is.
    package var owner: String
    /// Whom the state is for, in the words of the router that kept it.
    package var scope: String
    /// Whether it may not go away.
    package var promised: Bool
    /// How long it takes to compute the state again.
    package var worthMilliseconds: Int
    /// When the state was kept, in seconds since 1970.
    package var created: Int

    /// Of the state of some tokens.
    package init(
        fingerprint: String, arithmetic: String, heads: SnapshotHeads = .part(.whole), length: Int, owner: String,
        scope: String, promised: Bool, worthMilliseconds: Int, created: Int
    ) {
        (self.fingerprint, self.arithmetic, self.heads, self.length) = (fingerprint, arithmetic, heads, length)
        (self.owner, self.scope, self.promised) = (owner, scope, promised)
        (self.worthMilliseconds, self.created) = (worthMilliseconds, created)
    }

    /// Refuses a state that the loaded checkpoint could not go on with in the same bytes.
    package func require(fingerprint: String, arithmetic: String) throws(SnapshotError) {
        guard self.fingerprint == fingerprint else {
            throw .foreignCheckpoint(expected: fingerprint, found: self.fingerprint.echoed)
        }
        guard self.arithmetic == arithmetic else {
            throw .otherArithmetic(expected: arithmetic, found: self.arithmetic.echoed)
        }
    }

    /// Refuses the file of another part, which has not all heads of this one. In a file of all of attention, or of all
    /// parts, they are.
    package func requireHeads(of part: AttentionPart) throws(SnapshotError) {
        guard case .part(let found) = heads, found != .whole else { return }
        guard found == part else { throw .otherPart(expected: part, found: found) }
    }
}

extension SnapshotDescription {
    /// Far above any real length, and small enough that what so many tokens take fits in `Int`.
    private static let lengthMax = 1 << 40

    /// As a header says it.
    package var metadata: [(name: String, value: String)] {
        [
            (SnapshotFormat.format, SnapshotFormat.name),
            (SnapshotFormat.formatVersion, "\(version)"),
            ("fingerprint", fingerprint), ("arithmetic", arithmetic), ("length", "\(length)"),
            ("owner", owner), ("scope", scope), ("promised", "\(promised)"), ("worth_ms", "\(worthMilliseconds)"),
            ("created", "\(created)"),
        ] + headsMetadata
    }

    private var version: Int {
        switch heads {
        case .part: SnapshotFormat.plainVersion
        case .sections: SnapshotFormat.sectionsVersion
        }
    }

    private var headsMetadata: [(name: String, value: String)] {
        switch heads {
        case .part(.whole): []
        case .part(let part):
            [(SnapshotFormat.partIndex, "\(part.index)"), (SnapshotFormat.partCount, "\(part.count)")]
        case .sections(let count): [(SnapshotFormat.partCount, "\(count)")]
        }
    }

    /// Reads what `metadata` gives, and refuses another format and a newer version first.
    package init(metadata: [String: String]) throws(SnapshotError) {
        let fields = MetadataFields(values: metadata)
        let format = try fields.text(SnapshotFormat.format)
        guard format == SnapshotFormat.name else {
            throw .damaged("the metadata's format must be \(SnapshotFormat.name), found \(format.echoed)")
        }
        let version = try fields.count(SnapshotFormat.formatVersion)
        guard version <= SnapshotFormat.version else {
            throw .newerFormat(expected: SnapshotFormat.version, found: version)
        }
        fingerprint = try fields.text("fingerprint")
        arithmetic = try fields.text("arithmetic")
        heads = try fields.heads(version: version)
        length = try fields.count("length", most: Self.lengthMax)
        owner = try fields.text("owner")
        scope = try fields.text("scope")
        promised = try fields.flag("promised")
        worthMilliseconds = try fields.count("worth_ms")
        created = try fields.count("created")
    }
}

/// The metadata's strings, each of which must be there and read as what it stands for.
private struct MetadataFields {
    let values: [String: String]

    func text(_ name: String) throws(SnapshotError) -> String {
        guard let value = values[name] else { throw .damaged("the metadata has no \(name)") }
        return value
    }

    func count(_ name: String, most: Int = .max) throws(SnapshotError) -> Int {
        let value = try text(name)
        guard let count = Int(value), (0 ... most).contains(count), "\(count)" == value else {
            throw .damaged("the metadata's \(name) must be a whole number from 0 to \(most), found \(value.echoed)")
        }
        return count
    }

    func heads(version: Int) throws(SnapshotError) -> SnapshotHeads {
        version < SnapshotFormat.sectionsVersion ? .part(try part()) : .sections(of: try sectionCount())
    }

    private func part() throws(SnapshotError) -> AttentionPart {
        guard values[SnapshotFormat.partIndex] != nil || values[SnapshotFormat.partCount] != nil else { return .whole }
        let index = try count(SnapshotFormat.partIndex), count = try count(SnapshotFormat.partCount)
        guard let part = AttentionPart(index: index, count: count) else {
            throw .damaged("the metadata's part must be one of 1, 2, 4 or 8, found number \(index) of \(count)")
        }
        return part
    }

    private func sectionCount() throws(SnapshotError) -> Int {
        if let index = values[SnapshotFormat.partIndex] {
            throw .damaged("the metadata of a file of all parts must name none of them, found \(index.echoed)")
        }
        let count = try count(SnapshotFormat.partCount)
        guard count > 1, AttentionPart.counts.contains(count) else {
            throw .damaged("the metadata's parts must be 2, 4 or 8, found \(count)")
        }
        return count
    }

    func flag(_ name: String) throws(SnapshotError) -> Bool {
        let value = try text(name)
        guard value == "true" || value == "false" else {
            throw .damaged("the metadata's \(name) must be true or false, found \(value.echoed)")
        }
        return value == "true"
    }
}
