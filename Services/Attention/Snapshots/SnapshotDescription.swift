internal import Checkpoint
internal import JSON

/// What a snapshot says of its state beside the tensors.
struct SnapshotDescription: Sendable, Equatable {
    /// Of the checkpoint that computed the state.
    var fingerprint: String
    /// "exact" or "fast".
    var arithmetic: String
    /// Whose heads the tensors are of.
    var part = AttentionPart.whole
    /// How many tokens the state has.
    var length: Int
    /// Whose state it is.
    var owner: String
    /// Whom the state is for, in the words of the router that kept it.
    var scope: String
    /// Whether it may not go away.
    var promised: Bool
    /// How long it takes to compute the state again.
    var worthMilliseconds: Int
    /// When the state was kept, in seconds since 1970.
    var created: Int

    /// Refuses a state that the loaded checkpoint could not go on with in the same bytes.
    func require(fingerprint: String, arithmetic: String) throws(SnapshotError) {
        guard self.fingerprint == fingerprint else {
            throw .foreignCheckpoint(expected: fingerprint, found: self.fingerprint.echoed)
        }
        guard self.arithmetic == arithmetic else {
            throw .otherArithmetic(expected: arithmetic, found: self.arithmetic.echoed)
        }
    }

    /// Refuses a state of other heads.
    func require(_ part: AttentionPart) throws(SnapshotError) {
        guard self.part == part else { throw .otherPart(expected: part, found: self.part) }
    }
}

extension SnapshotDescription {
    /// Far above any real length, and small enough that what so many tokens take fits in `Int`.
    private static let lengthMax = 1 << 40

    var metadata: [(name: String, value: String)] {
        [
            (SnapshotFormat.format, SnapshotFormat.name),
            (SnapshotFormat.formatVersion, "\(SnapshotFormat.version)"),
            ("fingerprint", fingerprint), ("arithmetic", arithmetic), ("length", "\(length)"),
            ("owner", owner), ("scope", scope), ("promised", "\(promised)"), ("worth_ms", "\(worthMilliseconds)"),
            ("created", "\(created)"),
        ] + partMetadata
    }

    /// None for all of attention.
    private var partMetadata: [(name: String, value: String)] {
        part == .whole
            ? []
            : [(SnapshotFormat.partIndex, "\(part.index)"), (SnapshotFormat.partCount, "\(part.count)")]
    }

    /// Reads what `metadata` gives, and refuses another format and a newer version first.
    init(metadata: [String: String]) throws(SnapshotError) {
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
        part = try fields.part()
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

    func part() throws(SnapshotError) -> AttentionPart {
        guard values[SnapshotFormat.partIndex] != nil || values[SnapshotFormat.partCount] != nil else { return .whole }
        let index = try count(SnapshotFormat.partIndex), count = try count(SnapshotFormat.partCount)
        guard let part = AttentionPart(index: index, count: count) else {
            throw .damaged("the metadata's part must be one of 1, 2, 4 or 8, found number \(index) of \(count)")
        }
        return part
    }

    func flag(_ name: String) throws(SnapshotError) -> Bool {
        let value = try text(name)
        guard value == "true" || value == "false" else {
            throw .damaged("the metadata's \(name) must be true or false, found \(value.echoed)")
        }
        return value == "true"
    }
}
