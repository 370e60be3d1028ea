internal import Messages
internal import Tensors

/// What the experts of one layer have to do in a step, in pieces that any holder can take.
struct LayerWork: Sendable {
    let layer: Int
    /// (tokens, D)
    let input: Tensor
    let groups: TokenGroups

    /// A piece for each group.
    var pieces: [ExpertPiece] {
        groups.groups.enumerated().map { ExpertPiece(group: $0, expert: $1.expert, slice: .whole) }
    }

    var rowCounts: [Int] { groups.groups.map(\.members.count) }

    /// The rows a host needs, each once, and its pieces in terms of them.
    func request(_ call: HostCall) -> ExpertRequest {
        let rows = Set(call.pieces.flatMap { groups.groups[$0.group].members.map(\.row) }).sorted()
        let places = Dictionary(uniqueKeysWithValues: zip(rows, UInt32(0)...))
        let hidden = rows.count == input.rows ? input.values : rows.flatMap { input.row($0) }
        return ExpertRequest(
            layer: layer, hidden: hidden,
            groups: call.pieces.map { piece in
                let rows = groups.groups[piece.group].members.map { places[$0.row, default: 0] }
                return TokenGroup(expert: piece.expert, slice: piece.slice, rows: rows)
            })
    }

    /// About how long a host should take: to read its weights, the longer the more rows meet them, and for the way
    /// there and back.
    func expectedSeconds(_ call: HostCall, _ inventory: ExpertInventory) -> Double {
        let bytes = call.pieces.reduce(0.0) { sum, piece in
            let bytes = inventory.layers[layer][piece.expert].byteCount / piece.slice.count
            return sum + Double(bytes) * (1 + Double(groups.groups[piece.group].members.count) / 16)
        }
        return StepPrediction.hopSeconds + bytes / call.host.bandwidth
    }

    /// A host's answer, cut into its pieces.
    func answers(_ call: HostCall, _ values: [Float]) -> [PieceAnswer] {
        var first = 0
        return call.pieces.map { piece in
            let count = groups.groups[piece.group].members.count * input.columns
            defer { first += count }
            return PieceAnswer(piece: piece, values: values[first ..< first + count])
        }
    }

    /// Why what a host answered cannot be right; nil where nothing speaks against it.
    ///
    /// - Parameters:
    ///   - outputs: should be (rows, D), and finite where the input is.
    ///   - rows: of all groups that the host was asked for.
    func fault(in outputs: [Float], rows: Int) -> String? {
        guard outputs.count == rows * input.columns else {
            return "\(outputs.count) values, expected \(rows) rows of \(input.columns)"
        }
        return outputs.areFinite || !input.values.areFinite ? nil : "values that are not finite"
    }

    /// Each group's output, (members, D); what slices gave is added pair by pair, as `ExpertPiece.halves` cut them.
    ///
    /// - Parameter answers: together all of every group, nothing twice.
    func outputs(_ answers: [PieceAnswer]) -> [Tensor] {
        var parts = Dictionary(uniqueKeysWithValues: answers.map { ($0.piece, $0.values) })
        func sum(_ piece: ExpertPiece) -> [Float] {
            if let values = parts.removeValue(forKey: piece) { return Array(values) }
            guard let (first, second) = piece.halves else { preconditionFailure("nobody answered \(piece)") }
            return sum(first).adding(sum(second))
        }
        return pieces.map { Tensor(columns: input.columns, values: sum($0)) }
    }
}

/// (members, D) of one piece.
struct PieceAnswer: Sendable {
    let piece: ExpertPiece
    let values: ArraySlice<Float>
}

extension [Float] {
    /// Element by element; as many as here.
    func adding(_ other: [Float]) -> [Float] {
        unsafe [Float](unsafeUninitializedCapacity: count) { sums, initialized in
            for index in indices { unsafe sums[index] = self[index] + other[index] }
            initialized = count
        }
    }

    /// Neither infinite nor not a number, none of them.
    var areFinite: Bool {
        var largest: UInt32 = 0
        for value in self { largest = Swift.max(largest, value.bitPattern & 0x7FFF_FFFF) }
        return largest < 0x7F80_0000
    }
}
